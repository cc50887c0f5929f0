<?php
// A chat backend on webhooks. Needs PHP 8 (Debian: php-cli) and no package.
//
//   php -S 127.0.0.1:8000 chat.php

declare(strict_types=1);

const MAX_AGE_S = 300;

$wsgUrl = getenv('WSG_URL') ?: 'http://127.0.0.1:8080';
$secret = getenv('CHAT_SECRET') ?: 'for-trying-out-only-0123456789abcdef';
$body = file_get_contents('php://input');

switch (parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH)) {
    case '/enter':
        enter($body);
        break;
    case '/events':
        takeEvents($body, $wsgUrl, $secret);
        break;
    default:
        http_response_code(404);
}

/** Answers the gateway's question whether a client may enter: with its tags, or with a refusal. */
function enter(string $body): void
{
    parse_str(json_decode($body, true)['query'], $query);
    ['name' => $name, 'room' => $room] = $query + ['name' => '', 'room' => ''];
    if (!is_string($name) || !is_string($room) || $name === '' || $room === '') {
        http_response_code(400);
        echo 'name and room are needed: /chat?name=ann&room=lobby';
        return;
    }
    header('Content-Type: application/json');
    echo json_encode(['tags' => ['name' => $name, 'room' => $room]]);
}

/** Handles a batch of events. After any answer other than 2xx the gateway sends the batch again. */
function takeEvents(string $body, string $wsgUrl, string $secret): void
{
    if (!isSigned($body, $secret)) {
        http_response_code(401);
        return;
    }
    foreach (json_decode($body, true)['events'] as $event) {
        if (!handle($event, $wsgUrl)) {
            http_response_code(503);
            return;
        }
    }
}

/** Whether the gateway sent this body, and lately. */
function isSigned(string $body, string $secret): bool
{
    $timestamp = $_SERVER['HTTP_X_WSG_TIMESTAMP'] ?? '';
    $expected = 'sha256=' . hash_hmac('sha256', "$timestamp.$body", $secret);
    return abs(time() - (int) $timestamp) <= MAX_AGE_S
        && hash_equals($expected, $_SERVER['HTTP_X_WSG_SIGNATURE'] ?? '');
}

/** Sends the news of one event to its room; false when the gateway has not taken them. */
function handle(array $event, string $wsgUrl): bool
{
    if (($event['type'] ?? '') === 'binary') {
        return true; // This chat has no use for it.
    }
    parse_str($event['tags'], $tags);
    $words = ['open' => 'joined', 'close' => 'left', 'message' => 'said'];
    $news = ['id' => $event['id'], 'event' => $words[$event['action']], 'name' => $tags['name']];
    if ($event['action'] === 'message') {
        $news['text'] = $event['message'];
    }
    error_log("{$tags['room']}: {$tags['name']} {$news['event']}");
    return send($wsgUrl, $tags['room'], $news);
}

/** Sends to every connection whose tag `room` has this value. */
function send(string $wsgUrl, string $room, array $news): bool
{
    $http = ['method' => 'POST', 'header' => 'Content-Type: text/plain', 'content' => json_encode($news)];
    $context = stream_context_create(['http' => $http + ['timeout' => 5]]);
    return file_get_contents("$wsgUrl/send?" . http_build_query(['room' => $room]), false, $context) !== false;
}
