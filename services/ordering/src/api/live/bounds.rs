//! How many streams one order and one customer may have, so that nobody takes the places of all others.

use std::{collections::HashMap, sync::Arc};

use axum::http::StatusCode;
use contracts::{CustomerId, OrderId};
use host::{Problem, StreamPlace, Streams};
use parking_lot::Mutex;
use uuid::Uuid;

/// How many streams of one order may be open at once.
const OF_ORDER_MAX: usize = 8;

/// How many streams a customer may have open at once, of all its orders.
const OF_CUSTOMER_MAX: usize = 32;

/// The open streams by order and by customer.
#[derive(Clone, Debug, Default)]
pub(crate) struct StreamBounds {
    open: Arc<Mutex<HashMap<Uuid, usize>>>,
}

/// A stream among those of its order, or of its customer.
#[derive(Debug)]
struct Counted {
    of: Uuid,
    open: Arc<Mutex<HashMap<Uuid, usize>>>,
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut open = self.open.lock();
        if let Some(count) = open.get_mut(&self.of) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.of);
            }
        }
    }
}

/// The places that a stream takes. They are free again when this is dropped.
#[derive(Debug)]
pub(super) struct Places {
    pub place: StreamPlace,
    _counted: Vec<Counted>,
}

impl StreamBounds {
    /// Takes the places of another stream.
    ///
    /// # Errors
    /// 503 with code `too_many_streams` when the order, the customer or the shop has as many as may be.
    pub(super) fn enter(
        &self,
        order: OrderId,
        customer: Option<CustomerId>,
        streams: &Streams,
    ) -> Result<Places, Problem> {
        let mut counted = vec![self.count(order.0, OF_ORDER_MAX, "order")?];
        if let Some(customer) = customer {
            counted.push(self.count(customer.0, OF_CUSTOMER_MAX, "customer")?);
        }
        Ok(Places { place: streams.open()?, _counted: counted })
    }

    fn count(&self, of: Uuid, max: usize, what: &str) -> Result<Counted, Problem> {
        let mut open = self.open.lock();
        let count = open.entry(of).or_default();
        if *count >= max {
            let detail =
                format!("This {what} has {max} streams open, and may have no more. Close one of them first.");
            return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "too_many_streams", detail));
        }
        *count += 1;
        Ok(Counted { of, open: self.open.clone() })
    }
}

#[cfg(test)]
mod tests {
    use contracts::{CustomerId, OrderId};
    use host::Streams;
    use uuid::Uuid;

    use super::{OF_CUSTOMER_MAX, OF_ORDER_MAX, StreamBounds};

    #[test]
    fn an_order_and_a_customer_have_so_many_streams_and_no_more() {
        let (bounds, streams) = (StreamBounds::default(), Streams::new(1_000));
        let ada = Some(CustomerId(Uuid::from_u128(0xada)));
        let order = |number: usize| OrderId(Uuid::from_u128(number as u128));
        let mut open = Vec::new();
        for number in 0..OF_CUSTOMER_MAX {
            open.push(bounds.enter(order(number / OF_ORDER_MAX), ada, &streams).expect("a place"));
        }
        let another = order(OF_CUSTOMER_MAX);
        let refused = bounds.enter(another, ada, &streams).expect_err("the customer has all of its places");
        assert_eq!((refused.status, refused.code.as_str()), (503, "too_many_streams"));
        // A guest who has the token of an order is bound by the order alone.
        let guest = bounds.enter(another, None, &streams).expect("a place");
        bounds.enter(order(0), None, &streams).expect_err("the order has all of its places");
        drop(open.pop());
        open.push(bounds.enter(another, ada, &streams).expect("the place of the one that has gone"));
        drop((open, guest));
        assert!(bounds.open.lock().is_empty(), "nothing is kept about those who have gone");
    }

    #[test]
    fn a_stream_that_the_shop_has_no_room_for_takes_no_place_of_its_order() {
        let (bounds, streams) = (StreamBounds::default(), Streams::new(0));
        bounds.enter(OrderId(Uuid::from_u128(1)), None, &streams).expect_err("no room");
        assert!(bounds.open.lock().is_empty());
    }
}
