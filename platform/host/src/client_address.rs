//! Where a request comes from, also behind proxies of one's own.

use std::{
    convert::Infallible,
    net::{IpAddr, SocketAddr},
};

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{HeaderMap, request::Parts},
};

/// How many addresses of a forwarded request are looked at. Longer chains are made up.
const FORWARDED_MAX: usize = 20;

/// The address at the other end of the connection, with what it says of whom it forwards; nothing for a request of this process itself.
#[derive(Clone, Debug, Default)]
pub struct ClientAddress {
    peer: Option<IpAddr>,
    forwarded: Vec<IpAddr>,
}

impl ClientAddress {
    /// Where the request comes from, when `proxies` are believed in what they say of others, and nobody else is.
    pub fn behind(&self, proxies: &[IpAddr]) -> Option<IpAddr> {
        self.peer.map(|peer| client_address(peer, &self.forwarded, proxies))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for ClientAddress {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let peer = peer.map(|ConnectInfo(address)| address.ip().to_canonical());
        Ok(Self { peer, forwarded: forwarded(&parts.headers) })
    }
}

/// What `X-Forwarded-For` says, the nearest last. What is behind something that is no address is not believed.
fn forwarded(headers: &HeaderMap) -> Vec<IpAddr> {
    let values = headers.get_all("x-forwarded-for").into_iter();
    let text: Vec<&str> = values.filter_map(|value| value.to_str().ok()).collect();
    let text = text.join(",");
    let nearest_first = text.rsplit(',').map(|part| part.trim().parse::<IpAddr>());
    let mut addresses: Vec<IpAddr> = nearest_first
        .take(FORWARDED_MAX)
        .map_while(Result::ok)
        .map(|address| address.to_canonical())
        .collect();
    addresses.reverse();
    addresses
}

/// The nearest address that is no proxy of one's own. What it says of others further away may be made up.
pub fn client_address(peer: IpAddr, forwarded: &[IpAddr], proxies: &[IpAddr]) -> IpAddr {
    let mut client = peer;
    for address in forwarded.iter().rev() {
        if !proxies.contains(&client) {
            break;
        }
        client = *address;
    }
    client
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use axum::http::HeaderMap;

    use super::{client_address, forwarded};

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn only_proxies_of_ones_own_are_believed() {
        let (proxy, inner, client) = (address("10.0.0.1"), address("10.0.0.2"), address("198.51.100.7"));
        let made_up = address("203.0.113.9");
        assert_eq!(client_address(client, &[made_up], &[proxy]), client);
        assert_eq!(client_address(proxy, &[made_up, client], &[proxy]), client);
        assert_eq!(client_address(proxy, &[made_up, client, inner], &[proxy, inner]), client);
        assert_eq!(client_address(proxy, &[], &[proxy]), proxy);
    }

    #[test]
    fn what_is_no_address_ends_the_chain() {
        let mut headers = HeaderMap::new();
        headers.append("x-forwarded-for", "203.0.113.9, unknown".parse().expect("a value"));
        headers.append("x-forwarded-for", " 198.51.100.7 , ::ffff:10.0.0.2".parse().expect("a value"));
        assert_eq!(forwarded(&headers), [address("198.51.100.7"), address("10.0.0.2")]);
        assert!(forwarded(&HeaderMap::new()).is_empty());
    }
}
