//! The logs: how long each is, and how far its readers have come.

use std::collections::BTreeMap;

use axum::{Json, extract::State};
use contracts::ServiceName;
use host::{Problem, Staff};
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{System, unreadable};
use crate::audit::lag;

pub(super) fn routes() -> OpenApiRouter<System> {
    OpenApiRouter::new().routes(routes!(topics))
}

/// Every log.
#[derive(Serialize, Deserialize, utoipa::ToSchema)]
pub struct TopicsView {
    /// One topic per service.
    pub items: Vec<TopicView>,
}

/// A service's log.
#[derive(Serialize, Deserialize, utoipa::ToSchema)]
pub struct TopicView {
    /// The service that writes it.
    pub source: String,
    /// The topic.
    pub topic: String,
    /// Events in it.
    pub events: i64,
    /// The last position of each partition that has events.
    #[schema(value_type = BTreeMap<String, i64>)]
    pub partitions: BTreeMap<i64, i64>,
    /// Who reads it.
    pub consumers: Vec<ConsumerView>,
}

/// A reader of a log.
#[derive(Serialize, Deserialize, utoipa::ToSchema)]
pub struct ConsumerView {
    /// A service, or `service.projection`.
    pub name: String,
    /// The last position that it has handled, by partition.
    #[schema(value_type = BTreeMap<String, i64>)]
    pub positions: BTreeMap<i64, i64>,
    /// Events that it has yet to handle.
    pub lag: i64,
}

/// The logs: partitions, head positions, and each consumer's place and lag.
#[utoipa::path(get, path = "/admin/system/topics", tag = "system",
    responses((status = 200, body = TopicsView), (status = 503, body = Problem)))]
async fn topics(State(system): State<System>, _: Staff) -> Result<Json<TopicsView>, Problem> {
    Ok(Json(TopicsView { items: of_all(&system).await.map_err(unreadable)? }))
}

pub(super) async fn of_all(system: &System) -> anyhow::Result<Vec<TopicView>> {
    let logs = lag::Logs::read(system.stores()).await?;
    let mut topics: BTreeMap<(ServiceName, String), TopicView> = BTreeMap::new();
    for (service, topic, partition, head) in &logs.heads {
        let key = (*service, topic.clone());
        let view = topics.entry(key).or_insert_with(|| TopicView {
            source: service.to_string(),
            topic: topic.clone(),
            events: 0,
            partitions: BTreeMap::new(),
            consumers: Vec::new(),
        });
        // Positions have no gaps, so the last one is the number of events.
        view.events += head;
        view.partitions.insert(*partition, *head);
    }
    for view in topics.values_mut() {
        let own = logs.places.iter().filter(|place| place.source == view.source && place.topic == view.topic);
        let mut consumers: BTreeMap<String, ConsumerView> = BTreeMap::new();
        for place in own {
            let fresh = ConsumerView { name: place.consumer.clone(), positions: BTreeMap::new(), lag: 0 };
            let consumer = consumers.entry(place.consumer.clone()).or_insert(fresh);
            consumer.positions.insert(place.partition, place.position);
        }
        for consumer in consumers.values_mut() {
            let handled: i64 = consumer.positions.values().sum();
            consumer.lag = (view.events - handled).max(0);
        }
        view.consumers = consumers.into_values().collect();
    }
    Ok(topics.into_values().collect())
}
