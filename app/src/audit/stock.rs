//! Stock is conserved: what is on hand is what came in less what went out, and what is reserved is promised to somebody.

use std::collections::HashMap;

use contracts::ServiceName;
use serde::Deserialize;
use uuid::Uuid;

use super::{Look, books::Books};

#[derive(Deserialize)]
struct Line {
    product_id: Uuid,
    quantity: i64,
}

pub(super) async fn check(books: &Books, look: &mut Look) -> anyhow::Result<()> {
    let mut promised = units(books, "SELECT lines FROM hold").await?;
    let allocated = "SELECT lines FROM allocation WHERE status IN ('held', 'allocated')";
    for (product, quantity) in units(books, allocated).await? {
        *promised.entry(product).or_default() += quantity;
    }
    let settled_lines =
        units(books, "SELECT lines FROM allocation WHERE status IN ('settled', 'restocked')").await?;
    let restocked_lines = units(books, "SELECT lines FROM allocation WHERE status = 'restocked'").await?;
    let received_lines = received(books).await?;
    let sql = "SELECT product_id, on_hand, reserved, received, settled, restocked FROM stock";
    for row in books.query(ServiceName::Inventory, sql).await? {
        let product: Uuid = row.try_get_by_index(0)?;
        let mut numbers = [0_i64; 5];
        for (place, number) in numbers.iter_mut().enumerate() {
            *number = row.try_get_by_index(place + 1)?;
        }
        let [on_hand, reserved, received, settled, restocked] = numbers;
        look.counted.products += 1;
        let mut expect = |check, what: &str, found: i64, expected: i64| {
            if found != expected {
                look.found(
                    check,
                    product.to_string(),
                    format!("{what} is {found}, and should be {expected}"),
                );
            }
        };
        let of = |lines: &HashMap<Uuid, i64>| lines.get(&product).copied().unwrap_or(0);
        expect("stock_conserved", "on hand", on_hand, received - settled + restocked);
        expect("stock_reserved", "reserved", reserved, of(&promised));
        expect("stock_settled", "settled", settled, of(&settled_lines));
        expect("stock_restocked", "restocked", restocked, of(&restocked_lines));
        expect("stock_received", "received", received, of(&received_lines));
        if reserved < 0 || reserved > on_hand {
            look.found(
                "stock_oversold",
                product.to_string(),
                format!("{reserved} reserved of {on_hand} on hand"),
            );
        }
    }
    Ok(())
}

/// Units by product, summed over rows of lines.
async fn units(books: &Books, sql: &str) -> anyhow::Result<HashMap<Uuid, i64>> {
    let mut units = HashMap::new();
    for row in books.query(ServiceName::Inventory, sql).await? {
        let lines: String = row.try_get_by_index(0)?;
        for line in serde_json::from_str::<Vec<Line>>(&lines)? {
            *units.entry(line.product_id).or_default() += line.quantity;
        }
    }
    Ok(units)
}

#[derive(Deserialize)]
struct Change {
    product_id: Uuid,
    delta: i64,
}

/// What staff received and corrected, by product.
async fn received(books: &Books) -> anyhow::Result<HashMap<Uuid, i64>> {
    let mut received = HashMap::new();
    for row in books.query(ServiceName::Inventory, "SELECT changes FROM adjustment").await? {
        let changes: String = row.try_get_by_index(0)?;
        for change in serde_json::from_str::<Vec<Change>>(&changes)? {
            *received.entry(change.product_id).or_default() += change.delta;
        }
    }
    Ok(received)
}
