//! The contract as files: what the shop's routes are, what its events are, and a schema for each of these.

use std::{collections::BTreeMap, path::Path};

use anyhow::Context as _;
use contracts::events::catalogue;

use crate::{asyncapi, settings::Settings, shop::Shop};

/// The generated documents, made from the services themselves.
pub struct Contract {
    /// The HTTP contract: OpenAPI, as JSON.
    pub openapi: String,
    /// The event contract: AsyncAPI, as JSON.
    pub asyncapi: String,
    /// A JSON Schema per event type, and a table of all of them, by file name.
    pub events: BTreeMap<String, String>,
}

impl Contract {
    /// What a shop on an empty, temporary directory says.
    ///
    /// # Errors
    /// No temporary shop can be made.
    pub async fn make() -> anyhow::Result<Self> {
        let directory = tempfile::tempdir()?;
        let settings = Settings { data: directory.path().to_owned(), ..Settings::default() };
        let shop = Shop::start_quietly(&settings).await?;
        let openapi = shop.openapi().to_owned() + "\n";
        let asyncapi = asyncapi::document(shop.services())?;
        let mut events = BTreeMap::from([("README.md".to_owned(), asyncapi::table(shop.services()))]);
        for event in catalogue::all() {
            let schema = serde_json::to_string_pretty(&event.json_schema())? + "\n";
            events.insert(format!("{}.json", event.kind), schema);
        }
        shop.stop().await;
        Ok(Self { openapi, asyncapi, events })
    }

    /// Every file, by its path in the contract's folder.
    pub fn files(&self) -> BTreeMap<String, &str> {
        let events = self.events.iter().map(|(name, text)| (format!("events/{name}"), text.as_str()));
        let documents = [("openapi.json", &self.openapi), ("asyncapi.json", &self.asyncapi)];
        events.chain(documents.map(|(name, text)| (name.to_owned(), text.as_str()))).collect()
    }

    /// Writes every file into a folder.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn write(&self, folder: &Path) -> anyhow::Result<()> {
        let events = folder.join("events");
        std::fs::create_dir_all(&events).with_context(|| format!("{} cannot be made", events.display()))?;
        for (name, text) in self.files() {
            let path = folder.join(name);
            std::fs::write(&path, text).with_context(|| format!("{} cannot be written", path.display()))?;
        }
        Ok(())
    }
}
