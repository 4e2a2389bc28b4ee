//! The time in which an order can be cancelled freely, and who ends it.
//!
//! Every order in its grace period has one owner: a timer, or a [`GracePeriod`] row that a task or a message ends. The two are
//! exchanged in one decision and never stand side by side, so that no two managers act on one order.

use contracts::{OrderId, Refusal, Timestamp};
use engine::{Cx, Needs, Rows};
use serde::{Deserialize, Serialize};

use super::{GRACE_PERIOD_TIMER, Message, Order, Status};
use crate::Ordering;

/// Who ends the grace period of the orders that are submitted from now on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GracePeriodManager {
    /// A timer of this service, one per order.
    #[default]
    Timer,
    /// A task that a scheduler runs.
    Task,
    /// A message from outside, one per order.
    Message,
}

impl GracePeriodManager {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Timer, Self::Task, Self::Message];

    /// As settings name it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Timer => "timer",
            Self::Task => "task",
            Self::Message => "message",
        }
    }
}

impl std::fmt::Display for GracePeriodManager {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for GracePeriodManager {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|manager| manager.as_str() == text);
        found.ok_or_else(|| {
            let names = Self::ALL.map(Self::as_str).join(", ");
            format!("`{text}` is no manager of grace periods; there are {names}")
        })
    }
}

/// An order's grace period that no timer ends. It goes with the grace period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GracePeriod {
    /// The order.
    pub order_id: OrderId,
    /// When it is over.
    pub ends_us: Timestamp,
}

/// The code of the refusal of a word that comes when the grace period has ended already.
pub const OVER: &str = "grace_period_over";

/// The rows of grace periods that a message reads or changes.
pub(super) fn needs(rules: &Ordering, message: &Message, needs: &mut Needs<'_>) {
    let touches = match message {
        Message::Submit(_) => rules.manager != GracePeriodManager::Timer,
        Message::ConfirmGracePeriod(_)
        | Message::LeaveGracePeriodToTimer(_)
        | Message::Cancel(_)
        | Message::CancelByStaff(_) => true,
        _ => false,
    };
    if let Some(id) = message.order_id().filter(|_| touches) {
        needs.write::<GracePeriod>(id);
    }
}

/// Gives a new order's grace period its owner.
pub(super) fn begin(rules: &Ordering, id: OrderId, rows: &mut Rows, cx: &mut Cx<'_, Ordering>) {
    match rules.manager {
        GracePeriodManager::Timer => {
            cx.schedule_in(id, GRACE_PERIOD_TIMER, rules.grace_period, Message::EndGracePeriod(id));
        }
        GracePeriodManager::Task | GracePeriodManager::Message => {
            rows.put(GracePeriod { order_id: id, ends_us: cx.now().plus(rules.grace_period) });
        }
    }
}

/// Ends a grace period on the word of a task or a message, where this service's own clock says so too.
pub(super) fn confirm(order: &mut Order, rows: &mut Rows, cx: &mut Cx<'_, Ordering>) -> Result<(), Refusal> {
    if order.status != Status::Submitted {
        return Err(Refusal::conflict(OVER, "The order's grace period has ended already."));
    }
    let Some(period) = rows.get::<GracePeriod>(order.id) else {
        return Err(Refusal::conflict("grace_period_has_timer", "A timer ends this order's grace period."));
    };
    if period.ends_us > cx.now() {
        let detail = format!("The order's grace period ends at {}.", period.ends_us.to_rfc3339());
        return Err(Refusal::conflict("grace_period_not_over", detail));
    }
    rows.remove::<GracePeriod>(order.id);
    super::end_grace_period(order, super::purchase(rows, order.id), cx);
    Ok(())
}

/// Gives a grace period that a task or a message should have ended to a timer, which takes care of it from now on.
pub(super) fn leave_to_timer(order: &Order, rows: &mut Rows, cx: &mut Cx<'_, Ordering>) {
    let Some(period) = rows.get::<GracePeriod>(order.id).cloned() else { return };
    rows.remove::<GracePeriod>(order.id);
    if order.status == Status::Submitted {
        cx.schedule(order.id, GRACE_PERIOD_TIMER, period.ends_us, Message::EndGracePeriod(order.id));
    }
}

/// A cancelled order has no grace period.
pub(super) fn forget(id: OrderId, rows: &mut Rows) {
    rows.remove::<GracePeriod>(id);
}
