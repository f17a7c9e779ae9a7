//! Where a login may lead back to: never off the site, never to the proxy, however it is spelled.
#![no_main]

use libfuzzer_sys::fuzz_target;
use proxy::handlers::return_path::checked;
use url::Url;

fuzz_target!(|wish: &str| {
    let site = Url::parse("https://site.example/").expect("a URL");
    let path = checked(wish);
    let to = Url::parse(&format!("https://site.example{path}")).expect("a URL");
    let joined = site.join(path).expect("a URL");
    assert_eq!(to.origin(), site.origin(), "{wish:?} leads off");
    assert_eq!(joined.origin(), site.origin(), "{wish:?} leads off");
    assert!(!to.path().starts_with("//"), "{wish:?}");
    assert!(
        to.path() != "/api" && !to.path().starts_with("/api/"),
        "{wish:?}"
    );
    assert!(path.bytes().all(|b| b.is_ascii_graphic()), "{wish:?}");
});
