//! How products are taxed.

use serde::{Deserialize, Serialize};

/// Which of a country's rates a product has. What the rate is, is the shop's setting.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum TaxClass {
    /// The rate of most things.
    #[default]
    Standard,
    /// The rate of books, food and the like.
    Reduced,
    /// Not taxed.
    Exempt,
}
