using Microsoft.ML.Implicit.Persistence;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>A <see cref="FeatureLayout"/> in model files.</summary>
internal static class FeatureLayoutFormat
{
    public static void Write(DocumentWriter writer, FeatureLayout layout)
    {
        writer.Write("features", layout.Count);
        writer.Write("sphere_periods", [.. layout.Spheres.Select(sphere => sphere.Period)]);
        writer.Write("sphere_sizes", [.. layout.Spheres.Select(sphere => sphere.Indices.Count)]);
        writer.Write("sphere_slots", [.. layout.Spheres.SelectMany(sphere => sphere.Indices)]);
    }

    /// <param name="reader">The section of the layout.</param>
    /// <param name="tensorBytes">Bytes of all tensors; every feature has a number among them.</param>
    /// <exception cref="FormatException">A value is out of range.</exception>
    public static FeatureLayout Read(DocumentReader reader, long tensorBytes)
    {
        int count = reader.Int32("features");
        double[] periods = reader.Doubles("sphere_periods");
        int[] sizes = reader.Int32s("sphere_sizes"), slots = reader.Int32s("sphere_slots");
        if (count < 0 || count > tensorBytes / sizeof(int) || periods.Length != sizes.Length || Array.Exists(sizes, size => size < 0) || sizes.Sum(size => (long)size) != slots.Length)
        {
            throw new FormatException("The model file describes an impossible feature vector.");
        }

        var spheres = new SphereSlots[sizes.Length];
        int next = 0;
        for (int i = 0; i < spheres.Length; i++)
        {
            int[] indices = slots[next..(next += sizes[i])];
            bool isPlausible = indices.Length == 1 ? periods[i] > 0 && double.IsFinite(periods[i]) : indices.Length > 1 && periods[i] == 0;
            spheres[i] = isPlausible ? new SphereSlots(indices, periods[i]) : throw new FormatException("The model file describes an impossible angle or unit vector.");
        }

        return new FeatureLayout(count, spheres);
    }
}
