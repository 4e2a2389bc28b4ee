//! The tables: notifications, whom to tell about orders, and customers.

use contracts::{Currency, CustomerId, OrderId, Timestamp};
use engine::{ColumnKind, Field, Reads, StoreError, Table, UnreadableValue, Value};
use uuid::Uuid;

use crate::domain::{ChannelName, Contact, Customer, Kind, Letter, Line, Notification, State};

engine::text_field!(Kind);
engine::text_field!(State);
engine::text_field!(ChannelName);

/// A letter is one column that the audit log does not show: it is about people.
impl Field for Letter {
    const KIND: ColumnKind = ColumnKind::Text;

    fn to_value(&self) -> Value {
        engine::record::to_json(self)
    }

    fn from_value(value: Value) -> Result<Self, UnreadableValue> {
        engine::record::next_json(&mut std::iter::once(value))
    }
}

engine::record! {
    Notification => "notifications" {
        key id: Uuid,
        field event_id: Uuid,
        field kind: Kind,
        field channel: ChannelName,
        secret recipient: Option<String>,
        field customer_id: Option<CustomerId>,
        field order_id: Option<OrderId>,
        secret letter: Option<Letter>,
        field useful_until_us: Option<Timestamp>,
        field state: State,
        field tries: i64,
        field attempts: i64,
        secret last_error: Option<String>,
        field created_us: Timestamp,
        field queued_us: Timestamp,
        field sent_us: Option<Timestamp>,
    }
    index ["created_us", "id"]
    index ["state", "created_us", "id"]
    sparse ["customer_id", "created_us", "id"]
    sparse ["order_id", "id"]
    sparse ["recipient", "created_us", "id"]
}

engine::record! {
    Contact => "contacts" {
        key order_id: OrderId,
        field customer_id: Option<CustomerId>,
        field email: Option<String>,
        field name: Option<String>,
        field total: i64,
        field currency: Currency,
        json lines: Vec<Line>,
        field carrier: Option<String>,
        field tracking_number: Option<String>,
    }
    sparse ["customer_id", "order_id"]
}

engine::record! {
    Customer => "customers" {
        key customer_id: CustomerId,
        field name: Option<String>,
        field sequence: i64,
        field has_left: bool,
    }
}

/// All of them.
pub(crate) fn tables() -> Vec<&'static Table> {
    vec![engine::table_of::<Notification>(), engine::table_of::<Contact>(), engine::table_of::<Customer>()]
}

/// A place in a list: when the notification was made, and the notification.
pub(crate) type Place = (Timestamp, Uuid);

/// Which notifications a list shows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted {
    /// Those that stand so.
    pub state: Option<State>,
    /// Those of a kind.
    pub kind: Option<Kind>,
    /// Those to an address, in small letters.
    pub recipient: Option<String>,
    /// Those about an order.
    pub order_id: Option<OrderId>,
    /// Those for a customer.
    pub customer_id: Option<CustomerId>,
    /// Those made at this time or later.
    pub created_from: Option<Timestamp>,
    /// Those made before this time.
    pub created_before: Option<Timestamp>,
    /// Those that are still of use at this time.
    pub useful_at: Option<Timestamp>,
    /// Those before this one in the list: where a page begins.
    pub before: Option<Place>,
}

/// Notifications, newest first.
///
/// # Errors
/// The store cannot be read.
pub(crate) async fn listed(
    reads: &Reads,
    wanted: &Wanted,
    limit: u32,
) -> Result<Vec<Notification>, StoreError> {
    let equal = [
        ("state", wanted.state.map(|state| state.to_value())),
        ("kind", wanted.kind.map(|kind| kind.to_value())),
        ("recipient", wanted.recipient.clone().map(Value::Text)),
        ("order_id", wanted.order_id.map(|id| Value::Id(id.0))),
        ("customer_id", wanted.customer_id.map(|id| Value::Id(id.0))),
    ];
    let (mut conditions, mut parameters) = (Vec::new(), Vec::new());
    let mut parameter = |value: Value| {
        parameters.push(value);
        reads.parameter(parameters.len())
    };
    for (column, value) in equal {
        if let Some(value) = value {
            conditions.push(format!("{column} = {}", parameter(value)));
        }
    }
    if let Some(from) = wanted.created_from {
        conditions.push(format!("created_us >= {}", parameter(from.to_value())));
    }
    if let Some(before) = wanted.created_before {
        conditions.push(format!("created_us < {}", parameter(before.to_value())));
    }
    if let Some(now) = wanted.useful_at {
        let now = parameter(now.to_value());
        conditions.push(format!("(useful_until_us IS NULL OR useful_until_us > {now})"));
    }
    if let Some((at, id)) = wanted.before {
        let (at, id) = (parameter(at.to_value()), parameter(Value::Id(id)));
        conditions.push(format!("(created_us, id) < ({at}, {id})"));
    }
    let filter = match conditions.is_empty() {
        true => String::new(),
        false => format!("WHERE {} ", conditions.join(" AND ")),
    };
    reads.select(&format!("{filter}ORDER BY created_us DESC, id DESC LIMIT {limit}"), parameters).await
}
