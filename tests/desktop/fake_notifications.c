/* SPDX-License-Identifier: Apache-2.0 */
/* A notification server for tests: owns org.freedesktop.Notifications, prints one JSON line per
 * call on stdout, and does what it is told on stdin:
 *     click ID ACTION | dismiss ID | refuse | accept | hang | quit
 * FAKE_CAPS is its comma-separated list of capabilities. */
#include "core/json.h"
#include "core/mem.h"

#include <gio/gio.h>
#include <gio/gunixinputstream.h>
#include <stdio.h>
#include <unistd.h>

#define NAME "org.freedesktop.Notifications"
#define PATH "/org/freedesktop/Notifications"

static const char description[] =
    "<node><interface name='" NAME "'>"
    "<method name='GetCapabilities'><arg type='as' direction='out'/></method>"
    "<method name='GetServerInformation'><arg type='s' direction='out'/>"
    "<arg type='s' direction='out'/><arg type='s' direction='out'/><arg type='s' direction='out'/>"
    "</method>"
    "<method name='Notify'><arg type='s' direction='in'/><arg type='u' direction='in'/>"
    "<arg type='s' direction='in'/><arg type='s' direction='in'/><arg type='s' direction='in'/>"
    "<arg type='as' direction='in'/><arg type='a{sv}' direction='in'/><arg type='i' "
    "direction='in'/>"
    "<arg type='u' direction='out'/></method>"
    "<method name='CloseNotification'><arg type='u' direction='in'/></method>"
    "<signal name='ActionInvoked'><arg type='u'/><arg type='s'/></signal>"
    "<signal name='NotificationClosed'><arg type='u'/><arg type='u'/></signal>"
    "</interface></node>";

static struct {
    GDBusConnection *bus;
    GMainLoop *loop;
    guint32 last_id;
    bool refuse, hang;
} server;

static void print(json_t *line)
{
    HY_CLEANUP(hy_freep) char *text = hy_json_text(line);

    printf("%s\n", text);
    fflush(stdout);
    json_decref(line);
}

static void emit_closed(guint32 id, guint32 reason)
{
    g_dbus_connection_emit_signal(server.bus, NULL, PATH, NAME, "NotificationClosed",
                                  g_variant_new("(uu)", id, reason), NULL);
}

static void notify(GVariant *args, GDBusMethodInvocation *call)
{
    const char *app, *icon, *title, *body;
    guint32 replaces;
    gint32 expire;
    GVariant *actions, *hints;
    guint8 urgency = 1;

    g_variant_get(args, "(&su&s&s&s@as@a{sv}i)", &app, &replaces, &icon, &title, &body, &actions,
                  &hints, &expire);
    g_variant_lookup(hints, "urgency", "y", &urgency);
    char *acts = g_variant_print(actions, FALSE);
    guint32 id = server.refuse ? 0 : replaces ? replaces : ++server.last_id;
    print(json_pack("{s:s,s:i,s:i,s:s,s:s,s:s,s:i}", "call", "notify", "id", (int)id, "replaces",
                    (int)replaces, "title", title, "body", body, "actions", acts, "urgency",
                    (int)urgency));
    g_free(acts);
    g_variant_unref(actions);
    g_variant_unref(hints);
    if (server.refuse)
        g_dbus_method_invocation_return_dbus_error(call, NAME ".Error", "refused");
    else
        g_dbus_method_invocation_return_value(call, g_variant_new("(u)", id));
}

static void on_call(GDBusConnection *bus, const char *sender, const char *path,
                    const char *interface, const char *method, GVariant *args,
                    GDBusMethodInvocation *call, void *user)
{
    guint32 id;

    (void)bus, (void)sender, (void)path, (void)interface, (void)user;
    if (server.hang) {
        print(json_pack("{s:s}", "call", "hung"));
        return; /* the caller must live with never getting an answer */
    }
    if (g_str_equal(method, "Notify")) {
        notify(args, call);
    } else if (g_str_equal(method, "CloseNotification")) {
        g_variant_get(args, "(u)", &id);
        print(json_pack("{s:s,s:i}", "call", "close", "id", (int)id));
        g_dbus_method_invocation_return_value(call, NULL);
        emit_closed(id, 3);
    } else if (g_str_equal(method, "GetCapabilities")) {
        const char *caps = g_getenv("FAKE_CAPS");
        char **list = g_strsplit(caps ? caps : "actions,body,body-markup", ",", -1);
        g_dbus_method_invocation_return_value(call, g_variant_new("(^as)", list));
        g_strfreev(list);
    } else {
        g_dbus_method_invocation_return_value(call,
                                              g_variant_new("(ssss)", "fake", "test", "1", "1.2"));
    }
}

static void obey(const char *line)
{
    guint32 id;
    char action[32];

    if (sscanf(line, "click %u %31s", &id, action) == 2)
        g_dbus_connection_emit_signal(server.bus, NULL, PATH, NAME, "ActionInvoked",
                                      g_variant_new("(us)", id, action), NULL);
    else if (sscanf(line, "dismiss %u", &id) == 1)
        emit_closed(id, 2);
    else if (g_str_has_prefix(line, "refuse"))
        server.refuse = true;
    else if (g_str_has_prefix(line, "hang"))
        server.hang = true;
    else if (g_str_has_prefix(line, "accept"))
        server.refuse = server.hang = false;
    else if (g_str_has_prefix(line, "quit"))
        g_main_loop_quit(server.loop);
}

static void on_line(GObject *stream, GAsyncResult *result, void *user)
{
    char *line =
        g_data_input_stream_read_line_finish(G_DATA_INPUT_STREAM(stream), result, NULL, NULL);

    (void)user;
    if (line == NULL) { /* the test ended */
        g_main_loop_quit(server.loop);
        return;
    }
    obey(line);
    g_free(line);
    g_data_input_stream_read_line_async(G_DATA_INPUT_STREAM(stream), 0, NULL, on_line, NULL);
}

static void on_bus(GDBusConnection *bus, const char *name, void *user)
{
    static const GDBusInterfaceVTable table = {.method_call = on_call};
    GDBusNodeInfo *node = g_dbus_node_info_new_for_xml(description, NULL);

    (void)name, (void)user;
    server.bus = bus;
    g_dbus_connection_register_object(bus, PATH, node->interfaces[0], &table, NULL, NULL, NULL);
    g_dbus_node_info_unref(node);
}

static void on_name(GDBusConnection *bus, const char *name, void *user)
{
    (void)bus, (void)name, (void)user;
    print(json_pack("{s:s}", "call", "ready"));
}

int main(void)
{
    GInputStream *in = g_unix_input_stream_new(STDIN_FILENO, FALSE);
    GDataInputStream *lines = g_data_input_stream_new(in);

    server.loop = g_main_loop_new(NULL, FALSE);
    guint owner = g_bus_own_name(G_BUS_TYPE_SESSION, NAME, G_BUS_NAME_OWNER_FLAGS_NONE, on_bus,
                                 on_name, NULL, NULL, NULL);
    g_data_input_stream_read_line_async(lines, 0, NULL, on_line, NULL);
    g_main_loop_run(server.loop);
    g_bus_unown_name(owner);
    g_object_unref(lines);
    g_object_unref(in);
    g_main_loop_unref(server.loop);
    return 0;
}
