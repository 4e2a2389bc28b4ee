//! Other services' events as messages to carts, and carts' facts as public events.

use contracts::{
    Envelope, Event, Money, ServiceName, UnreadableEvent,
    events::{
        cart::{CartCheckedOut, CartCreated, CartItemAdded, CartItemRemoved, OrderLine},
        catalog::{ProductCreated, ProductDeleted, ProductPriceChanged, ProductUpdated},
        identity::{CustomerCartClaimed, CustomerDeleted},
        ordering::OrderSubmitted,
    },
};
use engine::{Publication, Subscription};

use crate::{
    domain::{CheckedOut, Fact, OrderedLine, ProductChange, ProductCopy},
    message::Message,
};

pub(crate) const SUBSCRIPTIONS: &[Subscription] = &[
    Subscription {
        source: ServiceName::Catalog,
        types: &[ProductCreated::TYPE, ProductUpdated::TYPE, ProductDeleted::TYPE, ProductPriceChanged::TYPE],
    },
    Subscription { source: ServiceName::Ordering, types: &[OrderSubmitted::TYPE] },
    Subscription {
        source: ServiceName::Identity,
        types: &[CustomerCartClaimed::TYPE, CustomerDeleted::TYPE],
    },
];

pub(crate) fn receive(event: &Envelope) -> Result<Option<Message>, UnreadableEvent> {
    Ok(Some(match event.kind.as_str() {
        ProductCreated::TYPE => {
            let product: ProductCreated = event.read()?;
            Message::ProductCreated(ProductCopy {
                product_id: product.product_id,
                name: product.name,
                price_amount: product.price.amount,
                currency: product.price.currency,
                weight_grams: product.weight_grams,
                stocked: product.stocked,
                tax_class: product.tax_class,
                sold: true,
                price_sequence: event.sequence,
                description_sequence: event.sequence,
            })
        }
        ProductPriceChanged::TYPE => {
            let ProductPriceChanged { product_id, price, .. } = event.read()?;
            let change = ProductChange::Price(price);
            Message::ProductChanged { product_id, change, sequence: event.sequence }
        }
        ProductUpdated::TYPE => {
            let ProductUpdated { product_id, name, weight_grams, tax_class } = event.read()?;
            let change = ProductChange::Description { name, weight_grams, tax_class };
            Message::ProductChanged { product_id, change, sequence: event.sequence }
        }
        ProductDeleted::TYPE => {
            let ProductDeleted { product_id } = event.read()?;
            Message::ProductChanged { product_id, change: ProductChange::Deleted, sequence: event.sequence }
        }
        OrderSubmitted::TYPE => {
            let OrderSubmitted { cart_id, order_id, .. } = event.read()?;
            Message::OrderSubmitted { cart_id, order_id }
        }
        CustomerCartClaimed::TYPE => {
            let CustomerCartClaimed { customer_id, cart_id } = event.read()?;
            Message::Claim { cart_id, customer_id }
        }
        CustomerDeleted::TYPE => {
            let CustomerDeleted { customer_id } = event.read()?;
            Message::ForgetCustomer { customer_id, after: None }
        }
        _ => return Ok(None),
    }))
}

pub(crate) fn publish(fact: Fact) -> Publication {
    match fact {
        Fact::Created(cart_id) => Publication::of(&CartCreated { cart_id }),
        Fact::ItemChanged(cart_id, change) if change.quantity > change.previous_quantity => {
            Publication::of(&CartItemAdded {
                cart_id,
                product_id: change.product_id,
                quantity: change.quantity,
                revision: change.revision,
            })
        }
        Fact::ItemChanged(cart_id, change) => Publication::of(&CartItemRemoved {
            cart_id,
            product_id: change.product_id,
            quantity: change.quantity,
            revision: change.revision,
        }),
        Fact::CheckedOut(checked_out) => Publication::of(&checked_out_event(*checked_out)),
    }
}

fn checked_out_event(fact: CheckedOut) -> CartCheckedOut {
    let currency = fact.total.currency;
    let order_line = |OrderedLine { line, tax_rate_bp }: OrderedLine| OrderLine {
        product_id: line.product_id,
        name: line.name.to_string(),
        quantity: line.quantity,
        unit_price: Money::new(line.unit_price_amount, currency),
        line_total: Money::new(line.total_amount, currency),
        tax_rate_bp,
        stocked: line.stocked,
    };
    CartCheckedOut {
        cart_id: fact.cart_id,
        revision: fact.revision,
        order_id: fact.order_id,
        customer_id: fact.customer_id,
        email: fact.email,
        shipping_address: (*fact.shipping_address).clone(),
        shipping_method: fact.shipping_method,
        shipping_price: fact.shipping_price,
        payment_method: fact.payment_method,
        tax: fact.tax,
        prices_include_tax: fact.prices_include_tax,
        lines: fact.lines.into_iter().map(order_line).collect(),
        total: fact.total,
    }
}
