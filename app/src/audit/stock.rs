//! Stock is conserved: what is on hand is what came in less what went out, and what is reserved is promised to somebody.

use std::collections::HashMap;

use contracts::ServiceName;
use serde::Deserialize;
use uuid::Uuid;

use super::{Look, books::Books};

/// A product's movements, added up.
#[derive(Clone, Copy, Default)]
struct Moved {
    on_hand: i64,
    count: i64,
    sold: i64,
    restocked: i64,
}

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
    let mut movements = movements(books).await?;
    let sql = "SELECT product_id, on_hand, reserved, received, settled, restocked, movements FROM stock";
    for row in books.query(ServiceName::Inventory, sql).await? {
        let product: Uuid = row.try_get_by_index(0)?;
        let mut numbers = [0_i64; 6];
        for (place, number) in numbers.iter_mut().enumerate() {
            *number = row.try_get_by_index(place + 1)?;
        }
        let [on_hand, reserved, received, settled, restocked, movement_count] = numbers;
        let moved = movements.remove(&product).unwrap_or_default();
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
        expect("stock_movements", "on hand", on_hand, moved.on_hand);
        expect("stock_movements", "the number of movements", movement_count, moved.count);
        expect("movement_reasons", "settled", settled, -moved.sold);
        expect("movement_reasons", "restocked", restocked, moved.restocked);
        expect("movement_reasons", "received", received, moved.on_hand - moved.sold - moved.restocked);
        if reserved < 0 || reserved > on_hand {
            look.found(
                "stock_oversold",
                product.to_string(),
                format!("{reserved} reserved of {on_hand} on hand"),
            );
        }
    }
    for product in movements.into_keys() {
        look.found("stock_movements", product.to_string(), "units of it have moved, and it has no stock");
    }
    chains(books, look).await
}

/// All movements, by product.
async fn movements(books: &Books) -> anyhow::Result<HashMap<Uuid, Moved>> {
    let sql = "SELECT product_id, CAST(SUM(delta) AS BIGINT), COUNT(*), \
               CAST(SUM(CASE reason WHEN 'sold' THEN delta ELSE 0 END) AS BIGINT), \
               CAST(SUM(CASE reason WHEN 'restocked' THEN delta ELSE 0 END) AS BIGINT) FROM movement GROUP BY product_id";
    let mut movements = HashMap::new();
    for row in books.query(ServiceName::Inventory, sql).await? {
        let moved = Moved {
            on_hand: row.try_get_by_index(1)?,
            count: row.try_get_by_index(2)?,
            sold: row.try_get_by_index(3)?,
            restocked: row.try_get_by_index(4)?,
        };
        movements.insert(row.try_get_by_index(0)?, moved);
    }
    Ok(movements)
}

/// From the first movement to the last, each says what was on hand then and which one was before it; the stock knows the last.
async fn chains(books: &Books, look: &mut Look) -> anyhow::Result<()> {
    let broken = "SELECT DISTINCT product_id FROM (SELECT product_id, number, on_hand, previous, \
                  SUM(delta) OVER history AS units, ROW_NUMBER() OVER history AS place, LAG(movement_id) OVER history AS earlier \
                  FROM movement WINDOW history AS (PARTITION BY product_id ORDER BY number)) AS chain \
                  WHERE number <> place OR on_hand <> units OR previous IS DISTINCT FROM earlier";
    let loose = "SELECT product_id FROM stock WHERE movements > 0 AND NOT EXISTS (SELECT 1 FROM movement \
                 WHERE movement.movement_id = stock.last_movement AND movement.product_id = stock.product_id \
                 AND movement.number = stock.movements)";
    for sql in [broken, loose] {
        for row in books.query(ServiceName::Inventory, sql).await? {
            let product: Uuid = row.try_get_by_index(0)?;
            let detail = "its movements are not one chain, or do not say what was on hand";
            look.found("movement_chain", product.to_string(), detail);
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
