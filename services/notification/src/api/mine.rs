//! A customer's own notifications.

use axum::{extract::State as Shared, response::Response};
use host::{Customer, ListAddress, Page, PageQuery, Params, Problem};

use super::{Api, page, place, views::NotificationView};
use crate::store::{self, Wanted};

/// What the shop has told the customer, newest first.
#[utoipa::path(get, path = "/me/notifications", tag = "me", params(PageQuery),
    responses((status = 200, body = Page<NotificationView>, headers(("Link" = String, description = "The next page, as rel=\"next\"; not there on the last one."))),
        (status = 422, body = Problem)))]
pub(super) async fn my_notifications(
    Shared(api): Shared<Api>,
    customer: Customer,
    address: ListAddress,
    Params(PageQuery { limit, cursor }): Params<PageQuery>,
) -> Result<Response, Problem> {
    let before = cursor.as_deref().map(place).transpose()?;
    let wanted = Wanted { customer_id: Some(customer.id), before, ..Wanted::default() };
    let found = store::listed(api.engine.reads(), &wanted, limit + 1).await?;
    let view = |notification| NotificationView::of(&notification, &api.renderer);
    Ok(address.page(page(found, limit, |last| (last.created_us, last.id), view), limit))
}
