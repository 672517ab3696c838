//! Who environments are for.

/// Who an environment is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// Users: what is released through it reaches them.
    Production,
    /// Staging releases and dep-signed builds; its keys are worthless.
    Staging,
    /// Those who develop the service.
    Dev,
}

impl Tier {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Production, Self::Staging, Self::Dev];

    /// Its name in `environments.yml`, and in messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Production => "production",
            Self::Staging => "staging",
            Self::Dev => "dev",
        }
    }
}
