using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// Marks slots of the feature vector as a point of a circle or sphere instead of numbers on a line: an angle, or the
/// coordinates of a unit vector.
/// </summary>
/// <remarks>
/// Slots are given by name, as <c>Transforms.Concatenate</c> names them after the columns it joins, or by index. The density
/// is with respect to the surface measure: arc length on a circle, in the angle's own unit, and area on the unit sphere.
/// </remarks>
/// <example><code>
/// var options = new NormalizingFlowOptions
/// {
///     ManifoldFeatures = [ManifoldFeature.Angle("Heading", period: 360), ManifoldFeature.UnitVector("X", "Y", "Z")],
/// };
/// </code></example>
public sealed class ManifoldFeature
{
    private readonly IReadOnlyList<string>? _names;
    private readonly IReadOnlyList<int>? _indices;
    private readonly double _period;

    private ManifoldFeature(IReadOnlyList<string>? names, IReadOnlyList<int>? indices, double period) =>
        (_names, _indices, _period) = (names, indices, period);

    /// <summary>Marks a slot as an angle.</summary>
    /// <param name="slotName">Name of the slot.</param>
    /// <param name="period">A full turn: 2π for radians, 360 for degrees, 24 for hours of the day.</param>
    /// <remarks>
    /// Angles from minus to plus one period are accepted and mean the same as any others a period apart; those that come out
    /// of the model lie from 0 up to the period.
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException">The period is not positive and finite.</exception>
    public static ManifoldFeature Angle(string slotName, double period = Math.Tau)
    {
        ArgumentException.ThrowIfNullOrEmpty(slotName);
        return new ManifoldFeature([slotName], null, CheckPeriod(period));
    }

    /// <summary>Marks a slot as an angle, as <see cref="Angle(string, double)"/> does.</summary>
    /// <param name="slot">Index of the slot.</param>
    /// <param name="period">A full turn: 2π for radians, 360 for degrees, 24 for hours of the day.</param>
    /// <exception cref="ArgumentOutOfRangeException">The index is negative, or the period is not positive and finite.</exception>
    public static ManifoldFeature Angle(int slot, double period = Math.Tau)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(slot);
        return new ManifoldFeature(null, [slot], CheckPeriod(period));
    }

    /// <summary>Marks slots as the coordinates of one unit vector.</summary>
    /// <param name="slotNames">Names of at least two slots.</param>
    /// <exception cref="ArgumentException">There are fewer than two slots.</exception>
    public static ManifoldFeature UnitVector(params IReadOnlyList<string> slotNames)
    {
        ArgumentNullException.ThrowIfNull(slotNames);
        return slotNames.Count < 2
            ? throw new ArgumentException("A unit vector has at least two coordinates.", nameof(slotNames))
            : new ManifoldFeature([.. slotNames], null, 0);
    }

    /// <summary>Marks neighbouring slots as the coordinates of one unit vector.</summary>
    /// <param name="firstSlot">Index of the first slot.</param>
    /// <param name="length">Number of slots, at least two.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    public static ManifoldFeature UnitVector(int firstSlot, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(firstSlot);
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 2);
        return new ManifoldFeature(null, [.. Enumerable.Range(firstSlot, length)], 0);
    }

    /// <summary>Finds the slots in a feature column.</summary>
    /// <exception cref="ArgumentException">A slot does not exist.</exception>
    internal SphereSlots Resolve(DataViewSchema.Column column)
    {
        int count = column.Type.GetVectorSize();
        if (_indices is not null)
        {
            return _indices[^1] < count
                ? new SphereSlots(_indices, _period)
                : throw new ArgumentException($"{nameof(NormalizingFlowOptions.ManifoldFeatures)} names slot {_indices[^1]}, but column '{column.Name}' has {count} slots.");
        }

        string[] slotNames = SlotNames.Of(column);
        return new SphereSlots([.. _names!.Select(Find)], _period);

        int Find(string name)
        {
            int slot = Array.IndexOf(slotNames, name);
            return slot >= 0
                ? slot
                : throw new ArgumentException(
                    $"{nameof(NormalizingFlowOptions.ManifoldFeatures)} names slot '{name}', which column '{column.Name}' does not have; "
                    + (slotNames.Length == 0 ? "its slots have no names: use their indices." : $"its slots are '{string.Join("', '", slotNames)}'."));
        }
    }

    private static double CheckPeriod(double period) => period > 0 && double.IsFinite(period)
        ? period
        : throw new ArgumentOutOfRangeException(nameof(period), period, "The period must be positive and finite.");
}
