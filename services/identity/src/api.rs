//! Routes of remarks, for staff.

use axum::{Json, extract::State};
use contracts::{Money, ProductId};
use engine::Engine;
use host::{Keyed, Problem, Segment, Staff};
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    IdentityService,
    domain::{Change, Message, Remark},
};

#[derive(Clone)]
pub(crate) struct Api {
    pub engine: Engine<IdentityService>,
}

pub(crate) fn routes(api: Api) -> OpenApiRouter {
    OpenApiRouter::new().routes(routes!(get_remark, put_remark)).with_state(api)
}

/// What is noted about a product.
#[derive(Serialize, utoipa::ToSchema)]
struct IdentityView {
    product_id: ProductId,
    text: String,
    price: Money,
}

impl From<Remark> for IdentityView {
    fn from(remark: Remark) -> Self {
        let price = Money::new(remark.price_amount, remark.currency);
        Self { product_id: remark.product_id, text: remark.text, price }
    }
}

/// What to note.
#[derive(Deserialize, garde::Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct IdentityNote {
    #[garde(length(chars, max = 1_000))]
    #[schema(max_length = 1_000)]
    text: String,
}

/// The remark about a product.
#[utoipa::path(get, path = "/admin/identity/{product_id}", tag = "identity",
    params(("product_id" = ProductId, Path, description = "The product.")),
    responses((status = 200, body = IdentityView), (status = 404, body = Problem)))]
async fn get_remark(
    State(api): State<Api>,
    _: Staff,
    Segment(product_id): Segment<ProductId>,
) -> Result<Json<IdentityView>, Problem> {
    let remark = api.engine.reads().get::<Remark>(product_id).await?;
    remark.map(|remark| Json(remark.into())).ok_or_else(|| Problem::not_found("product"))
}

/// Notes something about a product.
#[utoipa::path(put, path = "/admin/identity/{product_id}", tag = "identity", request_body = IdentityNote,
    params(("product_id" = ProductId, Path, description = "The product.")),
    responses((status = 200, body = IdentityView), (status = 404, body = Problem),
        (status = 422, body = Problem)))]
async fn put_remark(
    State(api): State<Api>,
    Staff(actor): Staff,
    Segment(product_id): Segment<ProductId>,
    request: Keyed<IdentityNote>,
) -> Result<Json<IdentityView>, Problem> {
    let message = Message { product_id, change: Change::Note(request.body.text) };
    Ok(Json(api.engine.command_by(actor, request.key, message).await?.into()))
}
