//! `isotope seed`.

use std::{process::ExitCode, sync::Arc};

use axum::{Router, body::Body, http::Request, response::IntoResponse};
use clap::Args;
use host::Problem;

use super::{
    api::{Api, Need},
    output,
    place::Place,
};
use crate::{seed, settings::Settings, shop};

/// What to put in.
#[derive(Args)]
#[command(after_help = "Products come once: a data directory that has been seeded before is left as it is.")]
pub struct Seed {
    #[command(flatten)]
    place: Place,
    /// How many products [default: 78].
    #[arg(long, value_name = "N")]
    products: Option<u32>,
    /// Units of each [default: 1000].
    #[arg(long, value_name = "N")]
    stock: Option<u32>,
}

impl Seed {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let settings = self.place.settings()?;
        let seeded = settings.data.join(seed::MARKER);
        if seeded.exists() {
            output::line(&format!("{} has been seeded before; nothing is done", settings.data.display()))?;
            return Ok(ExitCode::SUCCESS);
        }
        let settings = Settings {
            seed_products: self.products.unwrap_or(settings.seed_products),
            seed_stock: self.stock.unwrap_or(settings.seed_stock),
            ..settings
        };
        let api = Arc::new(Api::open(&self.place, Need::Writing).await?);
        // The routes of the shop, wherever it is.
        let carrier = api.clone();
        let routes = Router::new().fallback(move |request: Request<Body>| {
            let carrier = carrier.clone();
            async move {
                match carrier.carry(request).await {
                    Ok(response) => response,
                    Err(error) => {
                        tracing::error!(error = format!("{error:#}"), "the shop does not answer");
                        Problem::unavailable().into_response()
                    }
                }
            }
        });
        let ctx = shop::context(&settings.data, &settings)?;
        let seeded = seed::first_start(&routes, &ctx, &settings).await;
        drop(routes);
        if let Ok(api) = Arc::try_unwrap(api) {
            api.close().await;
        }
        seeded?;
        output::line(&format!("{} products are in", settings.seed_products))?;
        Ok(ExitCode::SUCCESS)
    }
}
