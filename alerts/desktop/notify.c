/* SPDX-License-Identifier: Apache-2.0 */
/* Rules learned from real servers (dunst, xfce4-notifyd, notification-daemon): never send the
 * `value` hint (xfce hides the text), escape markup only when the server announces body-markup,
 * give a `default` action no meaning but "open the page" (dunst offers only that one). */
#include "alerts/desktop/notify.h"

#include "core/log.h"
#include "core/mem.h"
#include "core/utf8.h"

#include <gio/gio.h>

#define BUS_NAME "org.freedesktop.Notifications"
#define BUS_PATH "/org/freedesktop/Notifications"

enum { URGENCY_NORMAL = 1, URGENCY_CRITICAL = 2, CLOSED_BY_PERSON = 2 };

struct hy_desktop {
    GDBusConnection *bus;
    struct hy_desktop_events ev;
    guint signals, watch;
    bool markup; /* the server renders markup, so text must be escaped */
    GCancellable *gone;
};

struct pending { /* one Notify call in flight */
    struct hy_desktop *d;
    char *key;
};

static void on_signal(GDBusConnection *bus, const char *sender, const char *path,
                      const char *interface, const char *name, GVariant *args, void *user)
{
    struct hy_desktop *d = user;
    guint32 id, reason;
    const char *action;

    (void)bus, (void)sender, (void)path, (void)interface;
    if (g_str_equal(name, "ActionInvoked") && g_variant_is_of_type(args, G_VARIANT_TYPE("(us)"))) {
        g_variant_get(args, "(u&s)", &id, &action);
        d->ev.clicked(d->ev.user, id, action);
    } else if (g_str_equal(name, "NotificationClosed") &&
               g_variant_is_of_type(args, G_VARIANT_TYPE("(uu)"))) {
        g_variant_get(args, "(uu)", &id, &reason);
        d->ev.closed(d->ev.user, id, reason == CLOSED_BY_PERSON);
    }
}

static void on_capabilities(GObject *bus, GAsyncResult *result, void *user)
{
    struct hy_desktop *d = user;
    GVariant *answer = g_dbus_connection_call_finish(G_DBUS_CONNECTION(bus), result, NULL);
    GVariantIter *caps;
    const char *cap;

    if (answer == NULL)
        return;
    d->markup = false;
    g_variant_get(answer, "(as)", &caps);
    while (g_variant_iter_next(caps, "&s", &cap))
        if (g_str_equal(cap, "body-markup"))
            d->markup = true;
    g_variant_iter_free(caps);
    g_variant_unref(answer);
    d->ev.back(d->ev.user);
}

static void on_appeared(GDBusConnection *bus, const char *name, const char *owner, void *user)
{
    struct hy_desktop *d = user;

    (void)name, (void)owner;
    g_dbus_connection_call(bus, BUS_NAME, BUS_PATH, BUS_NAME, "GetCapabilities", NULL,
                           G_VARIANT_TYPE("(as)"), G_DBUS_CALL_FLAGS_NONE, HY_DESKTOP_DEADLINE_MS,
                           d->gone, on_capabilities, d);
}

static void on_notified(GObject *bus, GAsyncResult *result, void *user)
{
    struct pending *p = user;
    GError *error = NULL;
    GVariant *answer = g_dbus_connection_call_finish(G_DBUS_CONNECTION(bus), result, &error);
    guint32 id = 0;

    if (answer)
        g_variant_get(answer, "(u)", &id);
    if (error && g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
        g_error_free(error); /* we are shutting down: p->d is gone */
    } else {
        if (error)
            hy_log(HY_WARN, "notification_failed", HY_KV("key", p->key),
                   HY_KV("err", error->message));
        p->d->ev.displayed(p->d->ev.user, p->key, answer != NULL, id);
        g_clear_error(&error);
    }
    if (answer)
        g_variant_unref(answer);
    g_free(p->key);
    g_free(p);
}

static void add_actions(GVariantBuilder *actions, const struct hy_bubble *b)
{
    g_variant_builder_add(actions, "s", "default");
    g_variant_builder_add(actions, "s", "打开");
    if (b->can_ack) {
        g_variant_builder_add(actions, "s", "ack");
        g_variant_builder_add(actions, "s", "签收");
    }
}

static void add_hints(GVariantBuilder *hints, const struct hy_bubble *b)
{
    guint8 urgency = b->urgent ? URGENCY_CRITICAL : URGENCY_NORMAL;

    g_variant_builder_add(hints, "{sv}", "urgency", g_variant_new_byte(urgency));
    g_variant_builder_add(hints, "{sv}", "desktop-entry", g_variant_new_string("huiying-notify"));
    if (b->urgent) {
        g_variant_builder_add(hints, "{sv}", "resident", g_variant_new_boolean(TRUE));
        g_variant_builder_add(hints, "{sv}", "sound-name",
                              g_variant_new_string("alarm-clock-elapsed"));
    }
}

/* A title is plain text by the book, but dunst looks for links and pictures in it all the same. */
static char *plain_title(const char *title)
{
    HY_CLEANUP(hy_freep) char *calm = hy_utf8_unstacked(hy_str(title));
    char **parts = g_strsplit(calm, "<", -1), *plain = g_strjoinv("＜", parts);

    g_strfreev(parts);
    return plain;
}

static char *body_text(const struct hy_desktop *d, const char *body)
{
    HY_CLEANUP(hy_freep) char *calm = hy_utf8_unstacked(hy_str(body));

    return d->markup ? g_markup_escape_text(calm, -1) : g_strdup(calm);
}

void hy_desktop_show(struct hy_desktop *d, const struct hy_bubble *b)
{
    struct pending *p = g_new0(struct pending, 1);
    GVariantBuilder actions, hints;
    char *title = plain_title(b->title);
    char *body = body_text(d, b->body);

    *p = (struct pending){d, g_strdup(b->key)};
    g_variant_builder_init(&actions, G_VARIANT_TYPE("as"));
    g_variant_builder_init(&hints, G_VARIANT_TYPE("a{sv}"));
    add_actions(&actions, b);
    add_hints(&hints, b);
    g_dbus_connection_call(d->bus, BUS_NAME, BUS_PATH, BUS_NAME, "Notify",
                           g_variant_new("(susssasa{sv}i)", "回应", b->replaces, "dialog-warning",
                                         title, body, &actions, &hints, b->urgent ? 0 : -1),
                           G_VARIANT_TYPE("(u)"), G_DBUS_CALL_FLAGS_NONE, HY_DESKTOP_DEADLINE_MS,
                           d->gone, on_notified, p);
    g_free(title);
    g_free(body);
}

void hy_desktop_close(struct hy_desktop *d, uint32_t id)
{
    g_dbus_connection_call(d->bus, BUS_NAME, BUS_PATH, BUS_NAME, "CloseNotification",
                           g_variant_new("(u)", id), NULL, G_DBUS_CALL_FLAGS_NO_AUTO_START,
                           HY_DESKTOP_DEADLINE_MS, NULL, NULL, NULL);
}

void hy_desktop_open_uri(const char *uri)
{
    GError *error = NULL;

    if (!g_app_info_launch_default_for_uri(uri, NULL, &error)) {
        hy_log(HY_WARN, "cannot_open_page", HY_KV("uri", uri), HY_KV("err", error->message));
        g_error_free(error);
    }
}

int hy_desktop_new(struct hy_desktop_events ev, struct hy_desktop **ret, struct hy_err *err)
{
    GError *error = NULL;
    GDBusConnection *bus = g_bus_get_sync(G_BUS_TYPE_SESSION, NULL, &error);

    if (bus == NULL) {
        hy_fail(err, HY_E_IO,
                "no session bus, so nothing can be shown (start this program inside "
                "a desktop session): %s",
                error->message);
        g_error_free(error);
        return err->code;
    }
    struct hy_desktop *d = hy_xcalloc(1, sizeof(*d));
    d->bus = bus;
    d->ev = ev;
    d->gone = g_cancellable_new();
    d->markup = true; /* until the server has said otherwise: escaped text is never dangerous */
    d->signals = g_dbus_connection_signal_subscribe(bus, NULL, BUS_NAME, NULL, BUS_PATH, NULL,
                                                    G_DBUS_SIGNAL_FLAGS_NONE, on_signal, d, NULL);
    d->watch = g_bus_watch_name_on_connection(bus, BUS_NAME, G_BUS_NAME_WATCHER_FLAGS_NONE,
                                              on_appeared, NULL, d, NULL);
    *ret = d;
    return HY_OK;
}

void hy_desktop_free(struct hy_desktop *d)
{
    if (d == NULL)
        return;
    g_cancellable_cancel(d->gone);
    g_dbus_connection_signal_unsubscribe(d->bus, d->signals);
    g_bus_unwatch_name(d->watch);
    g_object_unref(d->gone);
    g_object_unref(d->bus);
    free(d);
}
