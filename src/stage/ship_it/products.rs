//! The products that Ship It knows, with the phases of their releases and the sign-offs that these need.
//!
//! The table is that of Ship It's `products.yml` and of `SIGNOFFS` in its configuration (July 2026), without
//! products that are no longer released and without extensions, whose releases have a record of another kind.

/// A product.
#[derive(Debug, PartialEq, Eq)]
pub struct Product {
    /// Its name.
    pub name: &'static str,
    /// The phases of its releases, in their order.
    pub phases: &'static [&'static str],
    /// Who has to sign off which phase. Each has to be another person.
    pub signoffs: &'static [(&'static str, &'static [&'static str])],
}

const fn without_signoffs(name: &'static str, phases: &'static [&'static str]) -> Product {
    Product {
        name,
        phases,
        signoffs: &[],
    }
}

static PRODUCTS: &[Product] = &[
    without_signoffs("app-services", &["promote", "ship"]),
    without_signoffs(
        "devedition",
        &["promote_devedition", "push_devedition", "ship_devedition"],
    ),
    without_signoffs(
        "firefox",
        &["promote_firefox", "push_firefox", "ship_firefox"],
    ),
    without_signoffs(
        "firefox-android",
        &["promote_android", "push_android", "ship_android"],
    ),
    without_signoffs("firefox-ios", &["promote", "push", "ship"]),
    without_signoffs("focus-ios", &["promote_focus", "push_focus", "ship_focus"]),
    Product {
        name: "mozilla-vpn-addons",
        phases: &["promote-addons", "ship-addons"],
        signoffs: &[("ship-addons", &["MozillaVPN Team", "Release Engineering"])],
    },
    Product {
        name: "mozilla-vpn-client",
        phases: &["promote-client", "ship-client"],
        signoffs: &[("ship-client", &["MozillaVPN Team", "Release Engineering"])],
    },
    without_signoffs(
        "thunderbird",
        &[
            "promote_thunderbird",
            "push_thunderbird",
            "ship_thunderbird",
        ],
    ),
];

impl Product {
    /// The product of a name.
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Self> {
        PRODUCTS.iter().find(|product| product.name == name)
    }

    /// Who has to sign off a phase.
    #[must_use]
    pub fn signoffs_of(&self, phase: &str) -> &'static [&'static str] {
        let found = self.signoffs.iter().find(|(name, _)| *name == phase);
        found.map(|(_, who)| *who).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sign_offs_are_of_phases() {
        for product in PRODUCTS {
            for (phase, who) in product.signoffs {
                assert!(product.phases.contains(phase), "{}: {phase}", product.name);
                assert!(!who.is_empty());
            }
        }
        let vpn = Product::find("mozilla-vpn-client").unwrap();
        assert_eq!(vpn.signoffs_of("ship-client").len(), 2);
        assert_eq!(vpn.signoffs_of("promote-client"), [""; 0]);
        assert_eq!(Product::find("hail"), None);
    }
}
