use super::TRANSFORM;
use crate::base::value::json;
use crate::transform::test_support::TestProject;

#[test]
fn content_is_flattened_except_for_emails() {
    let items = json!([{"name": "x", "notify": {
        "recipients": [{"type": "pulse", "routing-key": "{task[name]}"}],
        "content": {"matrix": {"msg-type": "m"}, "email": {"subject": "{config[kind]}"}},
    }}]);
    assert_eq!(
        TestProject::default().run(&TRANSFORM, items),
        Ok(json!([{
            "name": "x",
            "routes": ["notify.pulse.x.on-completed"],
            "extra": {"notify": {"email": {"subject": "thing"}, "matrixMsgType": "m"}},
        }]))
    );
}

#[test]
fn every_recipient_is_checked() {
    let items = json!([{"name": "x", "notify": {"recipients": [
        {"type": "emial", "address": "a"},
        {"address": "a"},
        {"type": "slack-channel", "chanel-id": "a"},
        {"type": "pulse", "routing-key": "{colour}"},
    ]}}]);
    let wrong = TestProject::default().error(&TRANSFORM, items);
    assert!(
        wrong.starts_with(
            "kind `thing`, task `x`: `notify.recipients[0].type`: unknown recipient type \"emial\"\n  \
               help: did you mean `email`?\n\
             kind `thing`, task `x`: `notify.recipients[1]` has no `type`\n  \
               help: set it to one of: email, matrix-room, pulse, slack-channel\n\
             kind `thing`, task `x`: in `notify.recipients[2]`: unknown key `chanel-id`\n  \
               help: did you mean `channel-id`?\n\
             kind `thing`, task `x`: in `notify.recipients`: \"{colour}\""
        ),
        "{wrong}"
    );
}

#[test]
fn only_one_form_is_accepted() {
    let items = json!([{"name": "x", "notify": {"recipients": []}, "notifications": {
        "emails": [], "subject": "s",
    }}]);
    assert_eq!(
        TestProject::default().error(&TRANSFORM, items),
        "kind `thing`, task `x`: `notify` and `notifications` cannot be used together\n  \
           help: keep only one of them"
    );
}
