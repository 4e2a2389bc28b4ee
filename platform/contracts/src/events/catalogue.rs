//! Every event type with what is documented of it: names, schema, and an example that stays readable for ever.

use serde_json::{Map, Value, json};
use utoipa::{PartialSchema, ToSchema, openapi};

use super::{cart, catalog, fulfilment, identity, inventory, ordering, payment};
use crate::{Event, ServiceName};

/// What is documented of an event type.
pub struct EventType {
    /// Name and version, such as `order.paid.v1`.
    pub kind: &'static str,
    /// The service that publishes it.
    pub source: ServiceName,
    /// What other systems call it.
    pub aliases: &'static [&'static str],
    /// An event of this type and version as it was first written.
    pub fixture: &'static str,
    schema: fn() -> openapi::RefOr<openapi::Schema>,
    parts: fn(&mut Vec<(String, openapi::RefOr<openapi::Schema>)>),
    rewrite: fn(&str) -> Result<Value, serde_json::Error>,
}

fn of<E: Event + ToSchema + PartialSchema>(source: ServiceName, fixture: &'static str) -> EventType {
    EventType {
        kind: E::TYPE,
        source,
        aliases: E::ALIASES,
        fixture,
        schema: E::schema,
        parts: <E as ToSchema>::schemas,
        rewrite: |text| serde_json::to_value(serde_json::from_str::<E>(text)?),
    }
}

impl EventType {
    /// Reads an event's data as this version does, and writes it again.
    ///
    /// # Errors
    /// The data is not of this type.
    pub fn rewrite(&self, data: &str) -> Result<Value, serde_json::Error> {
        (self.rewrite)(data)
    }

    /// What happened, in a sentence or two.
    pub fn summary(&self) -> String {
        self.plain_schema()["description"].as_str().unwrap_or_default().to_owned()
    }

    /// The JSON Schema (2020-12) of the event's data.
    pub fn json_schema(&self) -> Value {
        let mut parts = Vec::new();
        (self.parts)(&mut parts);
        let definitions: Map<String, Value> =
            parts.into_iter().map(|(name, schema)| (name, plain(&schema))).collect();
        let mut schema = Map::from_iter([
            ("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema")),
            ("title".to_owned(), json!(self.kind)),
        ]);
        if let Value::Object(fields) = self.plain_schema() {
            schema.extend(fields);
        }
        if !definitions.is_empty() {
            schema.insert("$defs".to_owned(), Value::Object(definitions));
        }
        let example: Value = serde_json::from_str(self.fixture).unwrap_or_default();
        schema.insert("examples".to_owned(), json!([example]));
        Value::Object(schema)
    }

    /// Whether its source only stands for somebody outside of the shop, who tells it to that service.
    pub fn comes_from_outside(&self) -> bool {
        self.kind == ordering::GracePeriodElapsed::TYPE
    }

    fn plain_schema(&self) -> Value {
        plain(&(self.schema)())
    }
}

/// A schema that stands alone: parts of it are found among its own definitions, not among those of an OpenAPI document.
fn plain(schema: &openapi::RefOr<openapi::Schema>) -> Value {
    let mut value = serde_json::to_value(schema).unwrap_or_default();
    point_to_definitions(&mut value);
    value
}

fn point_to_definitions(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            if let Some(Value::String(target)) = fields.get_mut("$ref") {
                *target = target.replace("#/components/schemas/", "#/$defs/");
            }
            fields.values_mut().for_each(point_to_definitions);
        }
        Value::Array(items) => items.iter_mut().for_each(point_to_definitions),
        _ => {}
    }
}

/// Every event type, by producer.
pub fn all() -> Vec<EventType> {
    macro_rules! types {
        ($($source:ident $module:ident: $($name:ident $fixture:literal),+;)+) => {
            vec![$($(of::<$module::$name>(ServiceName::$source, include_str!(concat!("../../fixtures/", $fixture, ".json"))),)+)+]
        };
    }
    types! {
        Catalog catalog:
            ProductCreated "product.created.v1",
            ProductUpdated "product.updated.v1",
            ProductDeleted "product.deleted.v1",
            ProductPriceChanged "product.price_changed.v1";
        Inventory inventory:
            StockCreated "inventory.created.v1",
            StockUpdated "inventory.updated.v1",
            StockLow "inventory.low_stock.v1",
            OrderConfirmed "inventory.order_confirmed.v1",
            OrderRejected "inventory.order_rejected.v1";
        Cart cart:
            CartCreated "cart.created.v1",
            CartItemAdded "cart.item.added.v1",
            CartItemRemoved "cart.item.removed.v1",
            CartCheckedOut "cart.checked_out.v1";
        Ordering ordering:
            OrderSubmitted "order.submitted.v1",
            GracePeriodConfirmed "order.grace_period_confirmed.v1",
            GracePeriodElapsed "order.grace_period_elapsed.v1",
            OrderAwaitingValidation "order.awaiting_validation.v1",
            OrderStockConfirmed "order.stock_confirmed.v1",
            OrderPaid "order.paid.v1",
            OrderCancelRequested "order.cancel_requested.v1",
            OrderShipped "order.shipped.v1",
            OrderDelivered "order.delivered.v1",
            OrderUpdated "order.updated.v1",
            OrderCancelled "order.cancelled.v1",
            OrderClaimed "order.claimed.v1";
        Payment payment:
            PaymentCompleted "payment.completed.v1",
            PaymentFailed "payment.failed.v1",
            PaymentRefunded "payment.refunded.v1",
            WalletToppedUp "wallet.topped_up.v1";
        Fulfilment fulfilment:
            DeliveryStatusUpdated "delivery.status_updated.v1",
            DeliveryStarted "delivery.started.v1",
            Delivered "delivery.delivered.v1",
            DeliveryStopped "delivery.stopped.v1",
            DeliveryStopRefused "delivery.stop_refused.v1";
        Identity identity:
            CustomerCreated "customer.created.v1",
            CustomerUpdated "customer.updated.v1",
            CustomerEmailVerified "customer.email_verified.v1",
            CustomerDeleted "customer.deleted.v1",
            CustomerCartClaimed "customer.cart_claimed.v1",
            LinkRequested "customer.link_requested.v1";
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::all;

    /// A change that cannot read what was written, or writes something else for it, needs a new version.
    #[test]
    fn every_version_reads_and_writes_its_fixture() {
        for event in all() {
            let before: Value = serde_json::from_str(event.fixture).expect("a fixture is JSON");
            let after =
                event.rewrite(event.fixture).unwrap_or_else(|error| panic!("{}: {error}", event.kind));
            assert_eq!(after, before, "{}", event.kind);
        }
    }

    #[test]
    fn types_and_aliases_are_told_apart() {
        let mut names = BTreeSet::new();
        for event in all() {
            assert!(
                event.kind.ends_with(".v1") || event.kind.contains(".v"),
                "{} has no version",
                event.kind
            );
            assert!(names.insert(event.kind), "{} is there twice", event.kind);
            for alias in event.aliases {
                assert!(names.insert(alias), "{alias} names two types");
            }
            assert!(!event.summary().is_empty(), "{} says nothing", event.kind);
        }
    }

    #[test]
    fn every_declared_type_is_listed() {
        let sources = [
            include_str!("cart.rs"),
            include_str!("catalog.rs"),
            include_str!("fulfilment.rs"),
            include_str!("identity.rs"),
            include_str!("inventory.rs"),
            include_str!("ordering.rs"),
            include_str!("payment.rs"),
        ];
        let declared: usize = sources.iter().map(|source| source.matches("\nevent!(").count()).sum();
        assert_eq!(all().len(), declared);
    }

    #[test]
    fn a_schema_finds_its_parts_in_itself() {
        for event in all() {
            let schema = event.json_schema();
            let text = schema.to_string();
            assert!(!text.contains("#/components/"), "{}", event.kind);
            for part in text.split("#/$defs/").skip(1) {
                let name = part.split('"').next().unwrap_or_default();
                assert!(schema["$defs"][name].is_object(), "{}: {name} is not defined", event.kind);
            }
        }
    }
}
