using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace BuildTools;

/// <summary>
/// Writes compile-time copies of assemblies in which internal types and members are public.
/// Only visibility bits change: nothing is moved, added or removed, so every token and signature stays as it was.
/// </summary>
internal static class ReferenceAssembly
{
    public static void WritePublicCopy(string source, string target)
    {
        byte[] image = File.ReadAllBytes(source);
        using var reader = new PEReader(new MemoryStream(image, writable: false));
        MetadataReader metadata = reader.GetMetadataReader();
        int start = reader.PEHeaders.MetadataStartOffset;

        foreach (TypeDefinitionHandle handle in metadata.TypeDefinitions)
        {
            TypeAttributes attributes = metadata.GetTypeDefinition(handle).Attributes;
            WriteInt32(image, RowOffset(metadata, start, handle), (int)MakePublic(attributes));
        }

        foreach (FieldDefinitionHandle handle in metadata.FieldDefinitions)
        {
            FieldAttributes attributes = metadata.GetFieldDefinition(handle).Attributes;
            FieldAttributes access = attributes & FieldAttributes.FieldAccessMask;
            if (access is FieldAttributes.Assembly or FieldAttributes.FamORAssem or FieldAttributes.FamANDAssem)
            {
                attributes = (attributes & ~FieldAttributes.FieldAccessMask) | FieldAttributes.Public;
                WriteInt16(image, RowOffset(metadata, start, handle), (short)attributes);
            }
        }

        // A method row is RVA (4 bytes), ImplFlags (2 bytes), Flags (2 bytes), ... (ECMA-335, II.22.26).
        const int methodFlags = 6;
        foreach (MethodDefinitionHandle handle in metadata.MethodDefinitions)
        {
            MethodAttributes attributes = metadata.GetMethodDefinition(handle).Attributes;
            MethodAttributes access = attributes & MethodAttributes.MemberAccessMask;
            if (access is MethodAttributes.Assembly or MethodAttributes.FamORAssem or MethodAttributes.FamANDAssem)
            {
                attributes = (attributes & ~MethodAttributes.MemberAccessMask) | MethodAttributes.Public;
                WriteInt16(image, RowOffset(metadata, start, handle) + methodFlags, (short)attributes);
            }
        }

        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(target))!);
        File.WriteAllBytes(target, image);
    }

    private static TypeAttributes MakePublic(TypeAttributes attributes) => (attributes & TypeAttributes.VisibilityMask) switch
    {
        TypeAttributes.NotPublic => (attributes & ~TypeAttributes.VisibilityMask) | TypeAttributes.Public,
        TypeAttributes.NestedAssembly or TypeAttributes.NestedFamORAssem or TypeAttributes.NestedFamANDAssem =>
            (attributes & ~TypeAttributes.VisibilityMask) | TypeAttributes.NestedPublic,
        _ => attributes,
    };

    private static int RowOffset(MetadataReader metadata, int start, EntityHandle handle)
    {
        if (!MetadataTokens.TryGetTableIndex(handle.Kind, out TableIndex table))
        {
            throw new ArgumentException($"{handle.Kind} has no metadata table.", nameof(handle));
        }

        int row = MetadataTokens.GetRowNumber(handle) - 1;
        return start + metadata.GetTableMetadataOffset(table) + (row * metadata.GetTableRowSize(table));
    }

    private static void WriteInt32(byte[] image, int offset, int value) => BitConverter.TryWriteBytes(image.AsSpan(offset), value);

    private static void WriteInt16(byte[] image, int offset, short value) => BitConverter.TryWriteBytes(image.AsSpan(offset), value);
}
