//! Routes of carts. A guest's cart opens with its id: it is random, and whoever has it holds the cart. A customer's opens to the customer.

mod checkout;
mod holds;
mod items;
mod ownership;
mod replay;
mod shipping;
#[cfg(test)]
mod tests;
mod turns;
mod views;

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
};
use contracts::{CartId, Currency};
use engine::{Clock, CommandError, CommandKey, Engine, Ids, ManualClock, RandomIds};
use garde::Validate;
use host::{Keyed, OrderTokens, Principal, Problem, Questions, Segment};
use parking_lot::Mutex;
use serde::Deserialize;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    Config,
    domain::{Cart, Pricing, cart_not_found},
    message::{Message, Reply},
    service::Carts,
};
use turns::Turns;
use views::CartView;

/// The currency of a cart until its first product says another.
const DEFAULT_CURRENCY: Currency = Currency::EUR;

/// What the routes work with.
pub(crate) struct Api {
    engine: Engine<Carts>,
    tokens: OrderTokens,
    questions: Arc<Questions>,
    /// Whether inventory is asked to hold what is added.
    holds: bool,
    clock: Arc<dyn Clock>,
    virtual_clock: Option<Arc<ManualClock>>,
    ids: Mutex<RandomIds>,
    turns: Turns,
}

impl Api {
    pub(crate) fn new(engine: Engine<Carts>, ctx: &host::Context, config: &Config) -> Self {
        Self {
            engine,
            tokens: ctx.secrets.order_tokens(),
            questions: ctx.questions.clone(),
            holds: config.holds,
            clock: ctx.clock.clone(),
            virtual_clock: ctx.virtual_clock.clone(),
            ids: Mutex::new(RandomIds::new()),
            turns: Turns::default(),
        }
    }

    fn new_cart_id(&self) -> CartId {
        self.ids.lock().next(self.clock.now()).into()
    }

    /// Gives a command of whoever sends the request.
    async fn command(
        &self,
        caller: &Principal,
        key: Option<CommandKey>,
        command: Message,
    ) -> Result<Reply, CommandError> {
        let message = Message::From { caller: caller.customer_id(), command: Box::new(command) };
        self.engine.command(key, message).await
    }

    /// Gives a command that is answered with the cart.
    async fn cart_of(
        &self,
        caller: &Principal,
        key: Option<CommandKey>,
        command: Message,
    ) -> Result<Box<Cart>, Problem> {
        match self.command(caller, key, command).await? {
            Reply::Cart(cart) | Reply::Item(cart, _) => Ok(cart),
            Reply::Done | Reply::CheckedOut { .. } => Err(Problem::internal()),
        }
    }

    fn pricing(&self) -> &Pricing {
        self.engine.service().pricing()
    }

    fn view(&self, cart: Cart) -> CartView {
        CartView::of(cart, self.pricing())
    }

    /// A cart, for whoever may see it: its holder, and staff.
    async fn read(&self, caller: &Principal, cart_id: CartId) -> Result<Cart, Problem> {
        let cart = self.engine.reads().get::<Cart>(cart_id).await?;
        let seen = cart.filter(|cart| caller.is_staff() || cart.is_open_to(caller.customer_id()));
        seen.ok_or_else(|| cart_not_found().into())
    }
}

pub(crate) fn routes(api: Api) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(create_cart))
        .routes(routes!(get_cart))
        .routes(routes!(items::add_item))
        .routes(routes!(items::set_item, items::remove_item))
        .routes(routes!(holds::renew_holds))
        .routes(routes!(shipping::set_address))
        .routes(routes!(shipping::set_method))
        .routes(routes!(shipping::list_options))
        .routes(routes!(ownership::claim_cart))
        .routes(routes!(ownership::current_cart))
        .routes(routes!(checkout::check_out))
        .routes(routes!(checkout::buy_now))
        .routes(routes!(replay::replay_orders))
        .with_state(Arc::new(api))
}

/// Nothing needs to be said to open a cart.
#[derive(Deserialize, Validate, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct CreateCart {}

/// Opens a cart.
#[utoipa::path(post, path = "/carts", tag = "cart", request_body = CreateCart,
    params(("Idempotency-Key" = Option<String>, Header, description = "The same key and body get the same answer. A guest's is at least 22 characters that nobody can guess.")),
    responses((status = 201, body = CartView, headers(("Location" = String, description = "The cart."))), (status = 422, body = Problem)))]
async fn create_cart(
    State(api): State<Arc<Api>>,
    caller: Principal,
    request: Keyed<CreateCart>,
) -> Result<impl IntoResponse, Problem> {
    let message = Message::Create { cart_id: api.new_cart_id(), currency: DEFAULT_CURRENCY };
    let cart = api.cart_of(&caller, request.key, message).await?;
    let location = format!("/api/v1/carts/{}", cart.cart_id);
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(api.view(*cart))))
}

/// A cart as it is now, and which of its units are held.
#[utoipa::path(get, path = "/carts/{id}", tag = "cart", params(("id" = CartId, Path, description = "The cart.")),
    responses((status = 200, body = CartView), (status = 404, body = Problem)))]
async fn get_cart(
    State(api): State<Arc<Api>>,
    caller: Principal,
    Segment(id): Segment<CartId>,
) -> Result<Json<CartView>, Problem> {
    let cart = api.read(&caller, id).await?;
    Ok(Json(api.view_with_holds(cart).await))
}
