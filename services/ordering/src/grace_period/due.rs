//! Orders whose grace period no timer ends, chunk by chunk.

use contracts::{OrderId, Timestamp};
use engine::{Reads, StoreError, Value};

use crate::GracePeriod;

/// How many orders are read and decided together.
const CHUNK: usize = 256;

/// A walk over grace periods, earliest end first. Each is met once, whatever becomes of it.
pub struct DueOrders {
    until: Timestamp,
    after: (Timestamp, OrderId),
}

impl DueOrders {
    /// Those that end by `until`; all of them without it.
    pub fn until(until: Option<Timestamp>) -> Self {
        let after = (Timestamp(i64::MIN), OrderId(uuid::Uuid::nil()));
        Self { until: until.unwrap_or(Timestamp(i64::MAX)), after }
    }

    /// The next orders; none at the end.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn next_chunk(&mut self, reads: &Reads) -> Result<Vec<OrderId>, StoreError> {
        let [until, ends, order] = [1, 2, 3].map(|number| reads.parameter(number));
        let condition = format!(
            "WHERE ends_us <= {until} AND (ends_us, order_id) > ({ends}, {order}) \
             ORDER BY ends_us, order_id LIMIT {CHUNK}"
        );
        let parameters =
            vec![Value::Integer(self.until.0), Value::Integer(self.after.0.0), Value::Id(self.after.1.0)];
        let periods = reads.select::<GracePeriod>(&condition, parameters).await?;
        if let Some(last) = periods.last() {
            self.after = (last.ends_us, last.order_id);
        }
        Ok(periods.into_iter().map(|period| period.order_id).collect())
    }
}
