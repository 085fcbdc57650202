//! The assistant: calls to a language model, recorded by the OpenTelemetry conventions for generative AI (1.37).

use super::company::At;
use super::record::Level::{Debug, Info, Warn};
use super::record::Value;
use super::request::{Frame, Request};

/// A model, what a thousand tokens cost in micro-dollars (in, out), and how long one token takes.
struct Model {
    name: &'static str,
    span: &'static str,
    input_price: u64,
    output_price: u64,
    token_micros: f64,
}

const MODELS: [Model; 2] = [
    Model {
        name: "gpt-4o-mini",
        span: "chat gpt-4o-mini",
        input_price: 150,
        output_price: 600,
        token_micros: 9_000.0,
    },
    Model {
        name: "gpt-4o",
        span: "chat gpt-4o",
        input_price: 2500,
        output_price: 10_000,
        token_micros: 14_000.0,
    },
];

const QUESTIONS: [&str; 10] = [
    "Does the travel mug fit under an espresso machine?",
    "Which socks are warm enough for winter hiking?",
    "Can I change the colour of an order that I placed yesterday?",
    "How long does delivery to the islands take?",
    "Is the cotton of the green shirt organic?",
    "What is the difference between the two water bottles?",
    "Do you have a gift for somebody who writes a lot?",
    "How do I return a hat that is too small?",
    "Is the black bag waterproof?",
    "When will the blue mug be back in stock?",
];

const SENTENCES: [&str; 12] = [
    "The opening is 12 centimetres high, so most machines have room for it.",
    "Merino keeps warm even when it is damp, and the long pair reaches below the knee.",
    "An order can be changed until it has been packed, usually within two hours.",
    "Delivery takes two to four working days, and one day more to the islands.",
    "The material is certified, and the certificate is linked on the product page.",
    "The larger one keeps hot drinks hot for twelve hours.",
    "Returns are free for thirty days; the label is in the parcel.",
    "It withstands rain, but it should not be put under water.",
    "We expect a new delivery in the second half of the month.",
    "Many customers take the set with the notebook.",
    "Please choose one size larger if you are between two sizes.",
    "If that does not help, our colleagues answer from nine to five.",
];

/// Tokens of the instructions that go before every conversation, and of one turn in it.
const INSTRUCTION_TOKENS: u64 = 412;
const TURN_TOKENS: u64 = 96;
const MOST_TOKENS: u64 = 2048;

/// A question to the assistant; the status that the gateway gives back.
pub(super) fn ask(request: &mut Request<'_>, gateway: &mut Frame) -> u64 {
    let question = *request.numbers.pick(&QUESTIONS);
    let conversation = request.visitor.conversation.clone();
    let mut answer = request.call(gateway, At::Assistant, "Answer");
    request.line(
        &mut answer,
        Info,
        "question of characters",
        format!(
            "question of {} characters by user {} in conversation {conversation}",
            question.len(),
            request.visitor.user
        ),
    );
    request.work(&mut answer, 4000.0, 0.4);
    let passages = request.numbers.between(2, 6);
    let mut retrieval = request.reach(&answer, "SELECT passages");
    retrieval.attributes.push(("db.system.name", "postgresql".into()));
    request.work(&mut retrieval, 9000.0, 0.4);
    request.back(retrieval, &mut answer);
    request.line(&mut answer, Debug, "passages retrieved", format!("{passages} passages retrieved"));
    chat(request, &mut answer, question, passages);
    request.visitor.turns += 1;
    request.back(answer, gateway);
    200
}

fn chat(request: &mut Request<'_>, answer: &mut Frame, question: &str, passages: u64) {
    let model = &MODELS[request.numbers.weighted(&[4, 1])];
    let mut call = request.reach(answer, model.span);
    let (reply, input, output) = reply(request, &mut call, question, passages);
    let finish = if output >= MOST_TOKENS { "length" } else { "stop" };
    request.work(&mut call, 380_000.0, 0.35);
    call.now_nanos += (output as f64 * request.numbers.log_normal(model.token_micros, 0.12) * 1000.0) as i64;
    // A thousandth of a micro-dollar is beyond any bill.
    let cost = (input * model.input_price + output * model.output_price) / 1000;
    let messages = |role: &str, text: &str, end: &str| {
        format!(r#"[{{"role":"{role}","parts":[{{"type":"text","content":"{text}"}}]{end}}}]"#)
    };
    call.attributes.extend([
        ("gen_ai.operation.name", "chat".into()),
        ("gen_ai.provider.name", "openai".into()),
        ("gen_ai.request.model", model.name.into()),
        ("gen_ai.response.model", model.name.into()),
        ("gen_ai.request.temperature", Value::Double(0.3)),
        ("gen_ai.request.max_tokens", MOST_TOKENS.into()),
        ("gen_ai.response.id", format!("chatcmpl-{:016x}", request.numbers.below(u64::MAX)).into()),
        ("gen_ai.response.finish_reasons", Value::Texts(vec![finish])),
        ("gen_ai.usage.input_tokens", input.into()),
        ("gen_ai.usage.output_tokens", output.into()),
        ("gen_ai.usage.cost", Value::Double(cost as f64 / 1e6)),
        ("gen_ai.conversation.id", request.visitor.conversation.as_str().into()),
        ("gen_ai.input.messages", messages("user", question, "").into()),
        (
            "gen_ai.output.messages",
            messages("assistant", &reply, &format!(r#","finish_reason":"{finish}""#)).into(),
        ),
    ]);
    let millis = call.millis();
    request.back(call, answer);
    let body = format!("answer with {output} tokens by {} in {millis:.0} ms, finish {finish}", model.name);
    request.line(answer, if finish == "stop" { Info } else { Warn }, "answer with tokens", body);
}

/// The answer and its tokens in and out. Reasoning is counted and not shown, as providers do.
fn reply(request: &mut Request<'_>, call: &mut Frame, question: &str, passages: u64) -> (String, u64, u64) {
    let sentences: Vec<&str> =
        (0..request.numbers.between(1, 5)).map(|_| *request.numbers.pick(&SENTENCES)).collect();
    let text = sentences.join(" ");
    let tokens = |text: &str| text.split(' ').count() as u64 * 4 / 3;
    let history = request.visitor.turns.min(12) * TURN_TOKENS;
    let retrieved: u64 = (0..passages).map(|_| request.numbers.between(90, 160)).sum();
    let mut input = INSTRUCTION_TOKENS + history + retrieved + tokens(question);
    let mut output = tokens(&text) + request.numbers.log_normal(60.0, 0.4) as u64;
    if let Some((fault, factor)) = request.faults.tokens(call.now_nanos) {
        input *= factor;
        output *= factor;
        call.by = Some(fault);
    }
    (text, input, output.min(MOST_TOKENS))
}
