using System.ComponentModel;
using System.Reflection;

namespace Microsoft.ML.Implicit.Benchmarks.Quality;

/// <summary>Sets a property by its path.</summary>
internal static class Setting
{
    /// <param name="options">What has the property.</param>
    /// <param name="setting">Path, equals sign and value.</param>
    public static void Apply(object options, string setting)
    {
        string[] parts = setting.Split('=', 2);
        string[] path = parts[0].Split('.');
        object owner = path[..^1].Aggregate(options, (current, name) => Property(current, name).GetValue(current)!);
        PropertyInfo property = Property(owner, path[^1]);
        property.SetValue(owner, TypeDescriptor.GetConverter(property.PropertyType).ConvertFromInvariantString(parts[1]));
    }

    private static PropertyInfo Property(object owner, string name) =>
        owner.GetType().GetProperty(name) ?? throw new ArgumentException($"{owner.GetType().Name} has no {name}.", nameof(name));
}
