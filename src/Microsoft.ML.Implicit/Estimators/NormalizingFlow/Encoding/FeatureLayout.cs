using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Layers.Flow;
using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// Which slots of a feature vector are numbers on a line, and which give points of circles and spheres; and the map from
/// feature vectors to rows of a <see cref="ProductManifold"/>.
/// </summary>
internal sealed partial class FeatureLayout
{
    // Vectors of Single, normalised by whatever means, are within this of length one.
    private const double LengthTolerance = 1e-3;
    private const double PeriodTolerance = 1e-6;

    // Where each slot stands among the values of lines and spheres.
    private readonly long[] _positions;

    /// <param name="count">Number of slots.</param>
    /// <param name="spheres">Slots of circles and spheres.</param>
    /// <exception cref="ArgumentException">A slot does not exist or is given twice.</exception>
    public FeatureLayout(int count, IReadOnlyList<SphereSlots> spheres)
    {
        int[] spherical = [.. spheres.SelectMany(sphere => sphere.Indices)];
        var seen = new HashSet<int>();
        foreach (int slot in spherical)
        {
            if (slot < 0 || slot >= count || !seen.Add(slot))
            {
                throw new ArgumentException($"{nameof(NormalizingFlowOptions.ManifoldFeatures)}: slot {slot} is given twice, or does not exist.");
            }
        }

        Count = count;
        Spheres = spheres;
        LinearSlots = [.. Enumerable.Range(0, count).Except(spherical)];
        Manifold = new ProductManifold(LinearSlots.Count, [.. spheres.Select(sphere => sphere.Width)]);
        LogTurns = spheres.Where(sphere => sphere.IsAngle).Sum(sphere => Math.Log(Math.Tau / sphere.Period));
        int[] order = [.. LinearSlots, .. spherical];
        _positions = new long[count];
        for (int i = 0; i < count; i++)
        {
            _positions[order[i]] = i;
        }
    }

    /// <summary>Number of slots.</summary>
    public int Count { get; }

    /// <summary>Slots of circles and spheres.</summary>
    public IReadOnlyList<SphereSlots> Spheres { get; }

    /// <summary>Slots of numbers on a line: the Euclidean coordinates, in this order.</summary>
    public IReadOnlyList<int> LinearSlots { get; }

    /// <summary>Where rows lie.</summary>
    public ProductManifold Manifold { get; }

    /// <summary>Log of the radians that all angles' units hold, which densities by radians are to be multiplied by.</summary>
    public double LogTurns { get; }

    /// <exception cref="ArgumentException">A slot does not exist or is given twice.</exception>
    public static FeatureLayout Create(DataViewSchema.Column column, IReadOnlyList<ManifoldFeature> features) =>
        new(column.Type.GetVectorSize(), [.. features.Select(feature => feature.Resolve(column))]);

    /// <summary>Whether the same slots stand for the same.</summary>
    public bool IsLike(FeatureLayout other) =>
        other.Count == Count && other.Spheres.Count == Spheres.Count
        && other.Spheres.Zip(Spheres).All(pair => pair.First.Period == pair.Second.Period && pair.First.Indices.SequenceEqual(pair.Second.Indices));

    /// <summary>Maps feature vectors <c>[rows, count]</c> to points, float64 <c>[rows, width]</c>.</summary>
    public Tensor Embed(Tensor features)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor values = features.to(ScalarType.Float64);
        if (Spheres.Count == 0)
        {
            return values.MoveToOuterDisposeScope();
        }

        List<Tensor> parts = [Select(values, LinearSlots)];
        foreach (SphereSlots sphere in Spheres)
        {
            Tensor part = Select(values, sphere.Indices);
            if (sphere.IsAngle)
            {
                Tensor angle = part * (Math.Tau / sphere.Period).Held();
                part = cat([angle.cos(), angle.sin()], 1);
            }

            parts.Add(part);
        }

        return Manifold.Project(cat(parts, 1)).MoveToOuterDisposeScope();
    }

    /// <summary>Maps one feature vector to a point in managed memory, the unit vectors as they are given.</summary>
    /// <param name="features">[count].</param>
    /// <param name="point">Receives [width].</param>
    public void Embed(ReadOnlySpan<float> features, Span<double> point)
    {
        int next = 0;
        foreach (int slot in LinearSlots)
        {
            point[next++] = features[slot];
        }

        foreach (SphereSlots sphere in Spheres)
        {
            if (sphere.IsAngle)
            {
                (point[next + 1], point[next]) = Math.SinCos(features[sphere.Indices[0]] * (Math.Tau / sphere.Period));
                next += 2;
                continue;
            }

            foreach (int slot in sphere.Indices)
            {
                point[next++] = features[slot];
            }
        }
    }

    /// <summary>Maps points <c>[rows, width]</c> back to feature vectors, float64 <c>[rows, count]</c>.</summary>
    public Tensor Restore(Tensor points)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor values = points.to(ScalarType.Float64);
        if (Spheres.Count == 0)
        {
            return values.MoveToOuterDisposeScope();
        }

        List<Tensor> parts = [values.narrow(1, 0, LinearSlots.Count)];
        long first = LinearSlots.Count;
        foreach (SphereSlots sphere in Spheres)
        {
            Tensor part = values.narrow(1, first, sphere.Width);
            parts.Add(sphere.IsAngle ? Angle(part, sphere.Period) : part);
            first += sphere.Width;
        }

        return cat(parts, 1).index_select(1, tensor(_positions, device: points.device)).MoveToOuterDisposeScope();
    }

    /// <summary>Says why a row of finite values is no point of the manifold; <see langword="null"/> where it is one.</summary>
    public string? FindFault(ReadOnlySpan<float> row)
    {
        foreach (SphereSlots sphere in Spheres)
        {
            if (sphere.IsAngle)
            {
                float angle = row[sphere.Indices[0]];
                if (Math.Abs(angle) > sphere.Period * (1 + PeriodTolerance))
                {
                    return $"slot {sphere.Indices[0]} is {angle}, but an angle of period {sphere.Period} lies between plus and minus that. Give the period of the unit that the angles are in, such as 360 for degrees";
                }

                continue;
            }

            double square = 0;
            foreach (int slot in sphere.Indices)
            {
                square += (double)row[slot] * row[slot];
            }

            if (Math.Abs(Math.Sqrt(square) - 1) > LengthTolerance)
            {
                return $"slots {string.Join(", ", sphere.Indices)} form a vector of length {Math.Sqrt(square):G6}, but a unit vector has length 1. Divide it by its length, for instance with Transforms.NormalizeLpNorm";
            }
        }

        return null;
    }

    private static Tensor Select(Tensor values, IReadOnlyList<int> slots) =>
        values.index_select(1, tensor(slots.Select(slot => (long)slot).ToArray(), device: values.device));

    // The angle from 0 up to the period; one that a Single would round up to the period becomes 0.
    private static Tensor Angle(Tensor unitVector, double period)
    {
        Tensor radians = unitVector.narrow(1, 1, 1).atan2(unitVector.narrow(1, 0, 1)).remainder(Math.Tau.Held());
        Tensor angle = radians * (period / Math.Tau).Held();
        return where(angle.to(ScalarType.Float32) < ((float)period).Held(), angle, zeros_like(angle));
    }
}
