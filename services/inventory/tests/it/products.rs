//! `product.created`.

use contracts::ProductId;
use inventory::Stock;

use crate::warehouse::{CREATED, Warehouse};

#[test]
fn a_new_product_is_counted_from_zero() {
    let mut warehouse = Warehouse::new();
    let product = ProductId(warehouse.harness.new_id());
    let event = warehouse.product_created(product, true);
    warehouse.deliver(&event);
    assert_eq!(warehouse.level(product), (0, 0));
    assert_eq!(warehouse.published_types(), [CREATED]);
}

#[test]
fn a_service_is_not_counted() {
    let mut warehouse = Warehouse::new();
    let product = ProductId(warehouse.harness.new_id());
    let event = warehouse.product_created(product, false);
    warehouse.harness.deliver(&event);
    assert_eq!(warehouse.harness.row::<Stock>(product), None);
}

#[test]
fn a_product_that_is_created_twice_is_counted_once() {
    let mut warehouse = Warehouse::new();
    let product = ProductId(warehouse.harness.new_id());
    let event = warehouse.product_created(product, true);
    warehouse.deliver(&event);
    warehouse.deliver_again(&event);
}

#[test]
fn units_may_come_in_before_the_catalogue_tells_of_the_product() {
    let mut warehouse = Warehouse::new();
    let product = ProductId(warehouse.harness.new_id());
    warehouse.adjust(product, 7).expect("received");
    assert_eq!(warehouse.published_types(), [CREATED]);
    let event = warehouse.product_created(product, true);
    warehouse.deliver(&event);
    assert_eq!(warehouse.level(product), (7, 0));
    assert_eq!(warehouse.harness.published(), []);
}
