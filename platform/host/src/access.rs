//! Who may call which route: one table of all of them. A route that is not in it answers nobody.

use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

use axum::{
    extract::{MatchedPath, Request},
    http::Method,
    middleware::Next,
    response::Response,
};
use contracts::Role;

use crate::principal::{Principal, refused, with_challenge};

/// Who may call a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Everybody.
    Everyone,
    /// Whoever comes with the order's token, its customer, and staff. The route looks; to all others there is no such order.
    OrderHolder,
    /// A customer who is logged in.
    Customer,
    /// Whoever has a staff account, of any role: what is about that account itself.
    StaffAccount,
    /// Those who work for the shop.
    Staff,
    /// Those who run the shop.
    Admin,
}

impl Access {
    /// Every kind.
    pub const ALL: [Self; 6] =
        [Self::Everyone, Self::OrderHolder, Self::Customer, Self::StaffAccount, Self::Staff, Self::Admin];

    /// Whether a role may come in; `None` stands for guests.
    pub fn admits(self, role: Option<Role>) -> bool {
        match self {
            Self::Everyone | Self::OrderHolder => true,
            Self::Customer => role == Some(Role::Customer),
            Self::StaffAccount => matches!(role, Some(Role::Vendor | Role::Staff | Role::Admin)),
            Self::Staff => matches!(role, Some(Role::Staff | Role::Admin)),
            Self::Admin => role == Some(Role::Admin),
        }
    }

    /// Whether somebody may come in. Staff whose session may do nothing yet may complete it.
    fn lets_in(self, principal: &Principal) -> bool {
        self.admits(principal.role()) || self == Self::StaffAccount && principal.has_staff_account()
    }
}

/// Every route, and who may call it.
pub fn table() -> &'static [(Method, &'static str, Access)] {
    &TABLE
}

static TABLE: LazyLock<Vec<(Method, &'static str, Access)>> = LazyLock::new(|| {
    let rule = |(methods, path, access): &(&str, &'static str, Access)| {
        let methods = methods.split(' ').map(|method| method.parse().unwrap_or(Method::GET));
        methods.map(|method| (method, *path, *access)).collect::<Vec<_>>()
    };
    crate::access_table::RULES.iter().flat_map(rule).collect()
});

/// The rule of a route, by its method and its path as the contract writes it.
pub fn access_of(method: &Method, path: &str) -> Option<Access> {
    static RULES: LazyLock<HashMap<(&'static str, &'static Method), Access>> =
        LazyLock::new(|| TABLE.iter().map(|(method, path, access)| ((*path, method), *access)).collect());
    let method = if method == Method::HEAD { &Method::GET } else { method };
    RULES.get(&(path, method)).copied()
}

/// Whether an access token that is not good, or not any more, hinders nobody on a route.
pub(crate) fn is_past_the_access_token(path: &str) -> bool {
    crate::access_table::PAST_THE_ACCESS_TOKEN.contains(&path)
}

/// The table's own text of a path.
pub(crate) fn known_path(path: &str) -> Option<&'static str> {
    static PATHS: LazyLock<HashSet<&'static str>> =
        LazyLock::new(|| TABLE.iter().map(|(_, path, _)| *path).collect());
    PATHS.get(path).copied()
}

/// Everything below this is staff's, also what is not there.
const ADMIN_PATH: &str = "/api/v1/admin/";

/// Middleware that lets through whom the table lets in. It comes before a body is read: who may not come in learns nothing.
pub async fn authorise(request: Request, next: Next) -> Response {
    let principal = request.extensions().get::<Principal>().cloned().unwrap_or_default();
    let admitted = match request.extensions().get::<MatchedPath>() {
        Some(path) => match access_of(request.method(), path.as_str()) {
            Some(access) => access.lets_in(&principal),
            // A method that the route does not know: whoever may call any of its methods is told so.
            None => {
                TABLE.iter().any(|(_, known, access)| *known == path.as_str() && access.lets_in(&principal))
            }
        },
        None => !request.uri().path().starts_with(ADMIN_PATH) || Access::Staff.lets_in(&principal),
    };
    if admitted {
        return next.run(request).await;
    }
    with_challenge(refused(&principal))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{Access, table};
    use crate::access_table::PAST_THE_ACCESS_TOKEN;

    #[test]
    fn only_routes_for_everyone_take_a_token_that_is_over() {
        for path in PAST_THE_ACCESS_TOKEN {
            let mut rules = table().iter().filter(|(_, known, _)| known == path).peekable();
            assert!(rules.peek().is_some(), "{path} is no route");
            assert!(rules.all(|(_, _, access)| *access == Access::Everyone), "{path}");
        }
    }

    #[test]
    fn each_route_has_one_rule() {
        let mut seen = HashSet::new();
        for (method, path, access) in table() {
            assert!(seen.insert((method, path)), "{method} {path} is there twice");
            let of_staff = path.starts_with("/api/v1/admin/");
            assert_eq!(of_staff, matches!(access, Access::Staff | Access::Admin), "{method} {path}");
            assert!(!path.starts_with("/api/v1/me") || *access == Access::Customer, "{method} {path}");
        }
    }
}
