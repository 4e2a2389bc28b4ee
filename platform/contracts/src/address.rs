//! Where a parcel goes.

use serde::{Deserialize, Serialize};

/// A postal address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Address {
    /// Who receives it.
    #[schema(example = "Ada Lovelace", min_length = 1, max_length = 200)]
    pub name: String,
    /// Street and number.
    #[schema(example = "12 St James's Square", min_length = 1, max_length = 200)]
    pub street: String,
    /// Postal code.
    #[schema(example = "SW1Y 4JH", min_length = 1, max_length = 20)]
    pub postal_code: String,
    /// City.
    #[schema(example = "London", min_length = 1, max_length = 100)]
    pub city: String,
    /// ISO 3166-1 alpha-2 code.
    #[schema(example = "GB", min_length = 2, max_length = 2)]
    pub country: String,
}
