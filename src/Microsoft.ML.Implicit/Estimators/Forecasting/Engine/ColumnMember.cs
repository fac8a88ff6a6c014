using System.Reflection;
using Microsoft.ML.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>A public property or field of a class whose objects stand for rows, as ML.NET reads them: <see cref="ColumnNameAttribute"/> names its column.</summary>
internal sealed partial class ColumnMember
{
    private readonly MemberInfo _member;

    private ColumnMember(MemberInfo member)
    {
        _member = member;
        Column = member.GetCustomAttribute<ColumnNameAttribute>()?.Name ?? member.Name;
        (Type, IsWritable) = member is PropertyInfo property ? (property.PropertyType, property.SetMethod is { IsPublic: true }) : (((FieldInfo)member).FieldType, !((FieldInfo)member).IsInitOnly);
    }

    public string Column { get; }

    public Type Type { get; }

    public bool IsWritable { get; }

    /// <summary>The members of a class, those marked by <see cref="NoColumnAttribute"/> left out.</summary>
    public static ColumnMember[] Of(Type type) =>
    [
        .. type.GetMembers(BindingFlags.Public | BindingFlags.Instance)
            .Where(member => member is FieldInfo or PropertyInfo { GetMethod.IsPublic: true } && !member.IsDefined(typeof(NoColumnAttribute)) && !IsIndexer(member))
            .Select(member => new ColumnMember(member)),
    ];

    /// <summary>The one that stands for a column.</summary>
    /// <exception cref="ArgumentException">There is none; the message says which there are.</exception>
    public static ColumnMember Find(Type type, string column)
    {
        ColumnMember[] members = Of(type);
        return Array.Find(members, member => member.Column == column)
            ?? throw new ArgumentException(
                $"{type.Name} has no public property or field for column '{column}'; it has {(members.Length == 0 ? "none" : string.Join(", ", members.Select(member => member._member.Name)))}. "
                + $"Give one that name, or mark it with [ColumnName(\"{column}\")].");
    }

    public object? Get(object target) => _member is PropertyInfo property ? property.GetValue(target) : ((FieldInfo)_member).GetValue(target);

    public void Set(object target, object? value)
    {
        if (_member is PropertyInfo property)
        {
            property.SetValue(target, value);
        }
        else
        {
            ((FieldInfo)_member).SetValue(target, value);
        }
    }

    /// <summary>What to throw where the member is of another type than expected.</summary>
    public ArgumentException Mistyped(string expected) => new($"{Describe()} is {Type.Name}; expected {expected}.");

    /// <summary>The member for a message.</summary>
    public string Describe() => $"{(_member is PropertyInfo ? "Property" : "Field")} '{_member.Name}' of {_member.ReflectedType!.Name}";

    private static bool IsIndexer(MemberInfo member) => member is PropertyInfo property && property.GetIndexParameters().Length > 0;
}
