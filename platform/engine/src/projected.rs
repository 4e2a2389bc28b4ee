//! How far a read model has come: what is past that, its readers take from the log.

use contracts::ServiceName;

use crate::{
    core::topic_of,
    projection::Projection,
    projector::consumer_of,
    reads::Reads,
    session::StoreError,
    system::WATERMARK,
    value::{Field, Value},
};

impl Reads {
    /// The position of a partition of a source's log up to which the service's projection has all events. Rows that are read after
    /// this have them.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn projected_up_to(
        &self,
        service: ServiceName,
        projection: &dyn Projection,
        source: ServiceName,
        partition: u8,
    ) -> Result<i64, StoreError> {
        let [consumer, of, topic, part] = [1, 2, 3, 4].map(|number| self.parameter(number));
        let condition =
            format!("WHERE consumer = {consumer} AND source = {of} AND topic = {topic} AND part = {part}");
        let parameters = vec![
            Value::Text(consumer_of(service, projection)),
            source.as_str().into(),
            Value::Text(topic_of(source).to_string()),
            Value::Integer(i64::from(partition)),
        ];
        let found = self.rows(&WATERMARK, &condition, parameters).await?;
        let position = |mut row: Vec<Value>| i64::from_value(row.swap_remove(WATERMARK.column("pos")));
        Ok(found.into_iter().next().map(position).transpose()?.unwrap_or(0))
    }
}
