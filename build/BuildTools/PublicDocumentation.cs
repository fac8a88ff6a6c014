using System.Xml.Linq;
using Mono.Cecil;
using Mono.Cecil.Rocks;

namespace BuildTools;

/// <summary>Leaves the documentation of what other assemblies see in the XML file that the compiler wrote.</summary>
internal static class PublicDocumentation
{
    public static void Keep(string assembly, string documentation)
    {
        using ModuleDefinition module = ModuleDefinition.ReadModule(assembly);
        HashSet<string> visible = [.. module.GetTypes().Where(IsVisible).SelectMany(VisibleMembers).Select(DocCommentId.GetDocCommentId)];
        XDocument document = XDocument.Load(documentation, LoadOptions.PreserveWhitespace);
        foreach (XElement member in document.Descendants("member").Where(member => !visible.Contains((string)member.Attribute("name")!)).ToList())
        {
            (member.PreviousNode as XText)?.Remove(); // its indentation
            member.Remove();
        }

        document.Save(documentation, SaveOptions.DisableFormatting);
    }

    private static bool IsVisible(TypeDefinition type) =>
        type.IsPublic || ((type.IsNestedPublic || type.IsNestedFamily || type.IsNestedFamilyOrAssembly) && IsVisible(type.DeclaringType));

    private static IEnumerable<IMemberDefinition> VisibleMembers(TypeDefinition type) =>
    [
        type,
        .. type.Methods.Where(IsVisible),
        .. type.Fields.Where(field => field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly),
        .. type.Properties.Where(property => IsVisible(property.GetMethod) || IsVisible(property.SetMethod)),
        .. type.Events.Where(@event => IsVisible(@event.AddMethod)),
    ];

    private static bool IsVisible(MethodDefinition? method) => method is { IsPublic: true } or { IsFamily: true } or { IsFamilyOrAssembly: true };
}
