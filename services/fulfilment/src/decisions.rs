//! The decisions: shipments change by the rules of the domain, carriers are asked, and what others must know is published.

use contracts::{OrderId, Refusal};
use engine::{Cx, EffectPolicy, Needs, Rows, Value};

use crate::{
    domain::{Booking, Fact, Line, Pace, Parcel, Shipment, Status, Stopping, slot},
    message::Message,
    service::Fulfilment,
};

/// How many parcels of a slot move with one message, at most. More than a batch has messages, so that shipments which others
/// have just changed never fill it.
const PARCELS_MAX: usize = 4_096;

/// Asks for the message's rows: its order's shipment, or all shipments of a slot.
pub(crate) fn needs(message: &Message, needs: &mut Needs<'_>) {
    match message {
        Message::EndSlot { slot } => {
            needs.write_all::<Shipment>("step_slot", Value::Integer(*slot), None, PARCELS_MAX);
        }
        other => {
            needs.write::<Shipment>(other.key());
        }
    }
}

/// A paid order gets its shipment, unless it has one or was cancelled first.
pub(crate) fn prepare(
    parcel: &Parcel,
    lines: &[Line],
    pace: Option<&Pace>,
    rows: &mut Rows,
    cx: &mut Cx<'_, Fulfilment>,
) {
    let order_id = parcel.order_id;
    cx.correlate(order_id);
    if let Some(shipment) = rows.get::<Shipment>(order_id) {
        tracing::debug!(%order_id, status = ?shipment.status, "a payment ships nothing");
        return;
    }
    let mut shipment = Shipment::new(parcel.clone(), lines.to_vec(), cx.now());
    wait_for_next_step(&mut shipment, pace, cx);
    rows.put(shipment);
}

/// Staff take a step.
///
/// # Errors
/// `shipment_not_found`, or a conflict where it is not at this step.
pub(crate) fn step_by_staff(
    order_id: OrderId,
    step: Step,
    pace: Option<&Pace>,
    rows: &mut Rows,
    cx: &mut Cx<'_, Fulfilment>,
) -> Result<Status, Refusal> {
    cx.correlate(order_id);
    let shipment = known(order_id, rows)?;
    take(step, shipment, pace, cx)?;
    Ok(shipment.status)
}

/// Staff have handed the parcel to a carrier themselves: no carrier is asked.
///
/// # Errors
/// `shipment_not_found`, `shipment_not_packed`.
pub(crate) fn hand_over(
    order_id: OrderId,
    booking: &Booking,
    pace: Option<&Pace>,
    rows: &mut Rows,
    cx: &mut Cx<'_, Fulfilment>,
) -> Result<Status, Refusal> {
    cx.correlate(order_id);
    let shipment = known(order_id, rows)?;
    shipment.dispatch()?;
    cx.publish::<Shipment>(order_id, shipment.ship(booking)?);
    wait_for_next_step(shipment, pace, cx);
    Ok(shipment.status)
}

fn known(order_id: OrderId, rows: &mut Rows) -> Result<&mut Shipment, Refusal> {
    let shipment = rows.get_mut::<Shipment>(order_id).filter(|shipment| shipment.status != Status::Tombstone);
    shipment.ok_or_else(|| Refusal::not_found("shipment_not_found", "The order has no shipment."))
}

/// A step that a shipment can be told to take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Pack,
    Ship,
    Deliver,
}

impl Step {
    /// The step that follows by itself.
    fn after(status: Status) -> Option<Self> {
        match status {
            Status::Pending => Some(Self::Pack),
            Status::Packed => Some(Self::Ship),
            Status::Shipped => Some(Self::Deliver),
            Status::Dispatching | Status::Delivered | Status::Stopped | Status::Tombstone => None,
        }
    }
}

fn take(
    step: Step,
    shipment: &mut Shipment,
    pace: Option<&Pace>,
    cx: &mut Cx<'_, Fulfilment>,
) -> Result<(), Refusal> {
    let order_id = shipment.order_id;
    match step {
        Step::Pack => cx.publish::<Shipment>(order_id, shipment.pack()?),
        Step::Deliver => cx.publish::<Shipment>(order_id, shipment.deliver()?),
        Step::Ship => cx.effect(order_id.to_string(), EffectPolicy::Ask, shipment.dispatch()?),
    }
    wait_for_next_step(shipment, pace, cx);
    Ok(())
}

/// The carrier has the parcel.
pub(crate) fn booked(
    order_id: OrderId,
    booking: &Booking,
    pace: Option<&Pace>,
    rows: &mut Rows,
    cx: &mut Cx<'_, Fulfilment>,
) -> Result<(), Refusal> {
    cx.correlate(order_id);
    let not_found = || Refusal::not_found("shipment_not_found", "The order has no shipment.");
    let shipment = rows.get_mut::<Shipment>(order_id).ok_or_else(not_found)?;
    if shipment.status != Status::Dispatching {
        tracing::debug!(%order_id, status = ?shipment.status, "a carrier's answer ships nothing");
        return Ok(());
    }
    cx.publish::<Shipment>(order_id, shipment.ship(booking)?);
    wait_for_next_step(shipment, pace, cx);
    Ok(())
}

/// The customer asks to cancel: fulfilment decides, and its answer is an event either way.
///
/// # Errors
/// The order's payment has not come yet.
pub(crate) fn stop_if_possible(
    order_id: OrderId,
    rows: &mut Rows,
    cx: &mut Cx<'_, Fulfilment>,
) -> Result<(), Refusal> {
    cx.correlate(order_id);
    let Some(shipment) = rows.get_mut::<Shipment>(order_id) else {
        return Err(Refusal::early("a paid order is to be stopped, and its payment has not come yet"));
    };
    match shipment.stop() {
        Stopping::Stopped => cx.publish::<Shipment>(order_id, Fact::Stopped(order_id)),
        Stopping::TooLate => cx.publish::<Shipment>(order_id, Fact::StopRefused(order_id)),
        Stopping::Nothing => tracing::debug!(%order_id, "there is nothing to stop"),
    }
    Ok(())
}

/// The order is cancelled: a shipment that has not left is stopped, and an order without one never gets one.
pub(crate) fn cancel(order_id: OrderId, rows: &mut Rows, cx: &mut Cx<'_, Fulfilment>) {
    cx.correlate(order_id);
    let Some(shipment) = rows.get_mut::<Shipment>(order_id) else {
        let now = cx.now();
        rows.put(Shipment::tombstone(order_id, now));
        return;
    };
    match shipment.stop() {
        Stopping::Stopped => cx.publish::<Shipment>(order_id, Fact::Stopped(order_id)),
        Stopping::TooLate => tracing::warn!(%order_id, "an order was cancelled whose parcel has left"),
        Stopping::Nothing => tracing::debug!(%order_id, "a cancelled order has nothing to stop"),
    }
}

/// A slot is over: each of its parcels takes its next step.
pub(crate) fn end_slot(slot: i64, pace: Option<&Pace>, rows: &mut Rows, cx: &mut Cx<'_, Fulfilment>) {
    let due = rows.matching::<Shipment>("step_slot", &Value::Integer(slot));
    let orders: Vec<OrderId> = due.iter().map(|shipment| shipment.order_id).collect();
    if orders.is_empty() {
        return;
    }
    for order_id in orders {
        let Some(shipment) = rows.get_mut::<Shipment>(order_id) else { continue };
        cx.correlate(order_id);
        shipment.step_slot = None;
        let Some(step) = Step::after(shipment.status) else { continue };
        if let Err(refusal) = take(step, shipment, pace, cx) {
            tracing::warn!(%order_id, %refusal, "a parcel does not move by itself");
        }
    }
    // A message takes a bounded number of parcels, so it looks again until none is left.
    let now = cx.now();
    cx.schedule(slot::timer_subject(slot), "end-slot", now, Message::EndSlot { slot });
}

/// Where parcels move by themselves, the slot in which the next step comes, and that slot's timer. Setting it again with each
/// parcel costs little: a batch writes a timer once, and a parcel that is committed has its timer committed with it.
fn wait_for_next_step(shipment: &mut Shipment, pace: Option<&Pace>, cx: &mut Cx<'_, Fulfilment>) {
    let Some(delay) = pace.and_then(|pace| pace.until_step_after(shipment.status)) else { return };
    let slot = slot::slot_of(shipment.order_id, cx.now().plus(delay));
    shipment.step_slot = Some(slot);
    cx.schedule(slot::timer_subject(slot), "end-slot", slot::end_of(slot), Message::EndSlot { slot });
}
