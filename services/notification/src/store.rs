//! The table of remarks.

use contracts::{Currency, ProductId};

use crate::domain::Remark;

engine::record! {
    Remark => "remark" {
        key product_id: ProductId,
        field text: String,
        field price_amount: i64,
        field currency: Currency,
        field sequence: i64,
    }
}
