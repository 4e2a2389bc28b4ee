//! Which messages of each service may meet an error, and the planted bugs of its rules.

use contracts::Refusal;
use engine::{Cx, Needs, Rows};
use fulfilment::Shipment;
use inventory::{Hold, Stock};
use ordering::Order;
use payment::Payment;

use crate::{
    planted::Planted,
    rules::{Rules, Twist},
};

impl Twist for catalog::Catalog {
    fn may_fail(_: &catalog::Message) -> bool {
        false
    }
}

impl Twist for cart::Carts {
    fn may_fail(message: &cart::Message) -> bool {
        use cart::Message;
        matches!(
            message,
            Message::ProductCreated(_)
                | Message::ProductChanged { .. }
                | Message::RefreshCarts { .. }
                | Message::RefreshCart { .. }
                | Message::OrderSubmitted { .. }
        )
    }

    fn decide_wrongly(
        &self,
        bug: Planted,
        message: &cart::Message,
        rows: &mut Rows,
        cx: &mut Cx<'_, Rules<Self>>,
    ) -> Result<cart::Reply, Refusal> {
        if bug == Planted::CartsAreNotRepriced && matches!(message, cart::Message::RefreshCart { .. }) {
            return Ok(cart::Reply::Done);
        }
        self.decide(message, rows, cx)
    }
}

impl Twist for inventory::Inventory {
    fn may_fail(message: &inventory::Message) -> bool {
        use inventory::Message;
        !matches!(
            message,
            Message::SetHold { .. }
                | Message::RenewHolds { .. }
                | Message::AdjustStock { .. }
                | Message::SetThreshold { .. }
        )
    }

    fn name_more(bug: Planted, message: &inventory::Message, needs: &mut Needs<'_>) {
        if let (Planted::OversellIsAllowed, inventory::Message::Validate { lines, .. }) = (bug, message) {
            for line in lines {
                needs.write::<Stock>(line.product_id);
            }
        }
    }

    fn decide_wrongly(
        &self,
        bug: Planted,
        message: &inventory::Message,
        rows: &mut Rows,
        cx: &mut Cx<'_, Rules<Self>>,
    ) -> Result<inventory::Reply, Refusal> {
        use inventory::Message;
        match (bug, message) {
            (Planted::HoldIsAnIncrement, &Message::SetHold { cart_id, product_id, quantity, revision }) => {
                let lines = rows.get::<Hold>(cart_id).map(|hold| hold.lines.clone()).unwrap_or_default();
                let held = lines.iter().find(|line| line.product_id == product_id);
                let quantity = quantity + held.map_or(0, |line| line.quantity);
                let more = Message::SetHold { cart_id, product_id, quantity, revision };
                self.decide(&more, rows, cx)
            }
            (Planted::LateReleaseCounts, &Message::LowerHold { cart_id, product_id, quantity, .. }) => {
                let newest = Message::LowerHold { cart_id, product_id, quantity, revision: i64::MAX };
                self.decide(&newest, rows, cx)
            }
            (Planted::OversellIsAllowed, Message::Validate { lines, .. }) => {
                let mut promised = Vec::new();
                for line in lines {
                    if let Some(stock) = rows.get_mut::<Stock>(line.product_id) {
                        promised.push((line.product_id, std::mem::take(&mut stock.reserved)));
                    }
                }
                let decided = self.decide(message, rows, cx);
                for (product_id, reserved) in promised {
                    if let Some(stock) = rows.get_mut::<Stock>(product_id) {
                        stock.reserved += reserved;
                    }
                }
                decided
            }
            _ => self.decide(message, rows, cx),
        }
    }
}

impl Twist for ordering::Ordering {
    fn may_fail(message: &ordering::Message) -> bool {
        !matches!(message, ordering::Message::Cancel(_) | ordering::Message::CancelByStaff(_))
    }

    fn decide_wrongly(
        &self,
        bug: Planted,
        message: &ordering::Message,
        rows: &mut Rows,
        cx: &mut Cx<'_, Rules<Self>>,
    ) -> Result<ordering::Status, Refusal> {
        if let (Planted::LatePaymentRevives, ordering::Message::ConfirmPayment(id)) = (bug, message)
            && let Some(order) = rows.get_mut::<Order>(*id)
            && order.status == ordering::Status::Cancelled
        {
            order.status = ordering::Status::StockConfirmed;
        }
        self.decide(message, rows, cx)
    }
}

impl Twist for payment::Payments {
    fn may_fail(message: &payment::Message) -> bool {
        use payment::Message;
        !matches!(message, Message::TopUp { .. } | Message::Adjust(_) | Message::Refund { .. })
    }

    fn decide_wrongly(
        &self,
        bug: Planted,
        message: &payment::Message,
        rows: &mut Rows,
        cx: &mut Cx<'_, Rules<Self>>,
    ) -> Result<payment::Reply, Refusal> {
        if let (Planted::CompensationSkipped, payment::Message::OrderCancelled(id)) = (bug, message)
            && rows.get::<Payment>(*id).is_some_and(|payment| payment.status == payment::Status::Capturing)
        {
            return Ok(payment::Reply::Done);
        }
        self.decide(message, rows, cx)
    }
}

impl Twist for fulfilment::Fulfilment {
    fn may_fail(message: &fulfilment::Message) -> bool {
        use fulfilment::Message;
        !matches!(message, Message::Pack { .. } | Message::Ship { .. } | Message::Deliver { .. })
    }

    fn decide_wrongly(
        &self,
        bug: Planted,
        message: &fulfilment::Message,
        rows: &mut Rows,
        cx: &mut Cx<'_, Rules<Self>>,
    ) -> Result<Option<fulfilment::Status>, Refusal> {
        if let (Planted::StoppedTooLate, fulfilment::Message::StopIfPossible { order_id }) = (bug, message)
            && let Some(shipment) = rows.get_mut::<Shipment>(*order_id)
            && shipment.status == fulfilment::Status::Dispatching
        {
            shipment.status = fulfilment::Status::Packed;
        }
        self.decide(message, rows, cx)
    }
}
