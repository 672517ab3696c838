//! The schema of the transform `notify`.

use crate::config::schema::{Schema, Type, optional, required};

/// The states of a task that can trigger a notification.
static STATUS_TYPES: &[&str] = &[
    "on-completed",
    "on-defined",
    "on-exception",
    "on-failed",
    "on-pending",
    "on-resolved",
    "on-running",
];

/// A type of recipient.
#[derive(Debug)]
pub struct Recipient {
    /// Its `type`.
    pub name: &'static str,
    /// The key with the address, which is a part of the route.
    pub key: &'static str,
    /// Its schema.
    pub schema: Schema,
}

const fn recipient(
    name: &'static str,
    key: &'static str,
    fields: &'static [crate::config::schema::Field],
) -> Recipient {
    Recipient {
        name,
        key,
        schema: Schema {
            name,
            fields,
            open: false,
            exclusive: &[],
        },
    }
}

const TYPE: crate::config::schema::Field = required("type", Type::Str, "the type of recipient");
const STATUS_TYPE: crate::config::schema::Field = optional(
    "status-type",
    Type::Literal(STATUS_TYPES),
    "the state that triggers the notification (default: `on-completed`)",
);

/// Every type of recipient.
pub static RECIPIENTS: &[Recipient] = &[
    recipient(
        "email",
        "address",
        &[
            TYPE,
            required(
                "address",
                Type::KeyedBy(&["project", "level"], &Type::Str),
                "the email address",
            ),
            STATUS_TYPE,
        ],
    ),
    recipient(
        "matrix-room",
        "room-id",
        &[
            TYPE,
            required(
                "room-id",
                Type::Str,
                "the ID of the room, e.g. `!abc:mozilla.org`",
            ),
            STATUS_TYPE,
        ],
    ),
    recipient(
        "pulse",
        "routing-key",
        &[
            TYPE,
            required("routing-key", Type::Str, "the routing key of the message"),
            STATUS_TYPE,
        ],
    ),
    recipient(
        "slack-channel",
        "channel-id",
        &[
            TYPE,
            required("channel-id", Type::Str, "the ID of the channel"),
            STATUS_TYPE,
        ],
    ),
];

static EMAIL_LINK: Schema = Schema {
    name: "link",
    fields: &[
        required("text", Type::Str, "the text of the link"),
        required("href", Type::Str, "the URL of the link"),
    ],
    open: false,
    exclusive: &[],
};

static EMAIL: Schema = Schema {
    name: "email content",
    fields: &[
        optional("subject", Type::Str, "the subject"),
        optional("content", Type::Str, "the text, in Markdown"),
        optional("link", Type::Struct(&EMAIL_LINK), "a link below the text"),
    ],
    open: false,
    exclusive: &[],
};

static MATRIX: Schema = Schema {
    name: "matrix content",
    fields: &[
        optional("body", Type::Str, "the text"),
        optional("formatted-body", Type::Str, "the formatted text"),
        optional("format", Type::Str, "the format of the formatted text"),
        optional("msg-type", Type::Str, "the type of message"),
    ],
    open: false,
    exclusive: &[],
};

static SLACK: Schema = Schema {
    name: "slack content",
    fields: &[
        optional("text", Type::Str, "the text"),
        optional(
            "blocks",
            Type::List(&Type::Any),
            "blocks, in Slack's format",
        ),
        optional(
            "attachments",
            Type::List(&Type::Any),
            "attachments, in Slack's format",
        ),
    ],
    open: false,
    exclusive: &[],
};

static CONTENT: Schema = Schema {
    name: "content",
    fields: &[
        optional("email", Type::Struct(&EMAIL), "the content of emails"),
        optional(
            "matrix",
            Type::Struct(&MATRIX),
            "the content of Matrix messages",
        ),
        optional(
            "slack",
            Type::Struct(&SLACK),
            "the content of Slack messages",
        ),
    ],
    open: false,
    exclusive: &[],
};

static NOTIFY: Schema = Schema {
    name: "notify",
    fields: &[
        required(
            "recipients",
            Type::List(&Type::Map(&Type::Any)),
            "the recipients, each with a `type`, an address, and the state that triggers the notification (`status-type`)",
        ),
        optional(
            "content",
            Type::Struct(&CONTENT),
            "the content of the notifications",
        ),
    ],
    open: false,
    exclusive: &[],
};

static NOTIFICATIONS: Schema = Schema {
    name: "notifications",
    fields: &[
        required(
            "emails",
            Type::KeyedBy(&["project", "level"], &Type::List(&Type::Str)),
            "the email addresses",
        ),
        required("subject", Type::Str, "the subject"),
        optional("message", Type::Str, "the text (default: the subject)"),
        optional(
            "status-types",
            Type::List(&Type::Literal(STATUS_TYPES)),
            "the states that trigger a notification (default: `on-completed`)",
        ),
    ],
    open: false,
    exclusive: &[],
};

/// The schema of the transform.
pub static SCHEMA: Schema = Schema {
    name: "notify",
    fields: &[
        optional(
            "notify",
            Type::Struct(&NOTIFY),
            "the notifications: recipients, content and triggers",
        ),
        optional(
            "notifications",
            Type::Struct(&NOTIFICATIONS),
            "the older form of `notify`, for emails only",
        ),
    ],
    open: true,
    exclusive: &["notify", "notifications"],
};
