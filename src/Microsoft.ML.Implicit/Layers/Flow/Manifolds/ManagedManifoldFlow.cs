using System.Numerics;
using Microsoft.ML.Implicit.Layers.Ode.Perceptrons;
using Microsoft.ML.Implicit.Layers.Ode.Perceptrons.Managed;
using Microsoft.ML.Implicit.Numerics;

namespace Microsoft.ML.Implicit.Layers.Flow.Manifolds;

/// <summary><see cref="ManifoldFlowTerm"/> on tiles in managed memory, by the same formulas.</summary>
/// <remarks>
/// Tangents of the perceptron's input are first the normal x of each sphere, for the divergence in closed form, then the
/// projections w of the directions. With u its value, a the product of its Jacobian with w and g = x·u, the slope is
/// v = u - g x and the covariant derivative c = a - (x·a) x - g w in each sphere.
/// </remarks>
internal sealed unsafe class ManagedManifoldFlow : ManagedAugmentedDynamics
{
    private readonly SphereTile[] _spheres;

    public ManagedManifoldFlow(PerceptronTerm term, ProductManifold manifold)
        : base(term, NormalsOf(term, manifold))
    {
        Normals = NormalsOf(term, manifold);
        _spheres = new SphereTile[manifold.SphereWidths.Count];
        int first = manifold.EuclideanDimension;
        for (int i = 0; i < _spheres.Length; i++)
        {
            int width = manifold.SphereWidths[i];
            _spheres[i] = new SphereTile(first * Tile.Lanes, width * Tile.Lanes, width - 1);
            first += width;
        }
    }

    public override int RecordLength => Sweep.RecordLength + ManifoldTileRecord.Length(Sweep.InputLength, _spheres.Length, Tangents, Directions.Length);

    public override int ScratchLength =>
        Math.Max(RecordLength, Sweep.ScratchLength + ManifoldTileCotangents.Length(Sweep.InputLength, _spheres.Length, Tangents, Directions.Length));

    // Tangents of the perceptron's input that come before one for each direction.
    private int Normals { get; }

    private int Tangents => Normals + Directions.Length;

    public override void EvaluateAndRecord(int slot, int tile, float* point, float* slope, float* record)
    {
        ManifoldTileRecord parts = PartsOf(record);
        Normalize(point, parts);
        float** tangents = stackalloc float*[Tangents];
        SetTangents(tile, parts, tangents);
        Sweep.Evaluate(slot, tile, parts.Point, tangents, record, parts.Value);

        Copy(parts.Value, parts.Slope);
        for (int i = 0; i < _spheres.Length; i++)
        {
            float* outward = parts.Outward(i);
            _spheres[i].Dot(parts.Point, parts.Slope, outward);
            _spheres[i].AddScaled(outward, -1, parts.Point, parts.Slope);
        }

        for (int k = 0; k < Directions.Length; k++)
        {
            SetDerivative(parts, Sweep.Tangent(record, Normals + k), parts.Tangent(Normals + k), parts.Derivative(k));
        }

        Copy(parts.Slope, slope);
        Integrate(tile, parts, record, slope);
    }

    public override void Pullback(int slot, int tile, float* point, float* record, float* cotangent, float* stateCotangent, float* gradient, float* scratch)
    {
        ManifoldTileRecord parts = PartsOf(record);
        float** tangents = stackalloc float*[Tangents];
        FindTangents(parts, tangents);
        var cotangents = new ManifoldTileCotangents(scratch + Sweep.ScratchLength, Sweep.InputLength, _spheres.Length, Tangents, Directions.Length);
        cotangents.Clear();

        PullbackSlope(parts, cotangent, cotangents, ManagedPerceptronSweep.ValueCotangent(scratch));
        for (int k = 0; k < Directions.Length; k++)
        {
            PullbackDerivative(tile, k, parts, record, cotangent, cotangents, Sweep.TangentCotangent(scratch, Normals + k));
        }

        for (int i = 0; i < Normals; i++)
        {
            PullbackNormal(i, parts, record, cotangent, cotangents, Sweep.TangentCotangent(scratch, i));
        }

        for (int i = 0; i < _spheres.Length; i++)
        {
            float* outward = cotangents.Outward(i);
            _spheres[i].AddScaled(outward, 1, parts.Point, ManagedPerceptronSweep.ValueCotangent(scratch));
            _spheres[i].AddScaled(outward, 1, parts.Value, cotangents.Point);
        }

        Sweep.Pullback(slot, tile, parts.Point, tangents, record, Divergence(cotangent), cotangents.Input, cotangents.InputTangents, gradient, scratch);
        TileAlgebra.Combine(cotangents.Point, cotangents.Input, [1f], Length, cotangents.Point);
        PullbackTangents(tile, parts, cotangents);
        PullbackNormalization(parts, cotangents, stateCotangent);
        ClearIntegrals(stateCotangent);
    }

    private ManifoldTileRecord PartsOf(float* record) => new(record + Sweep.RecordLength, Sweep.InputLength, _spheres.Length, Tangents, Directions.Length);

    private void Normalize(float* point, ManifoldTileRecord parts)
    {
        new Span<float>(parts.Point, Sweep.InputLength).Clear();
        Copy(point, parts.Point);
        for (int i = 0; i < _spheres.Length; i++)
        {
            SphereTile sphere = _spheres[i];
            float* inverse = parts.InverseLength(i);
            sphere.Dot(point, point, inverse);
            for (int lane = 0; lane < Tile.Lanes; lane += Vector<float>.Count)
            {
                (Vector<float>.One / Vector.SquareRoot(Vector.Load(inverse + lane))).Store(inverse + lane);
            }

            sphere.Clear(parts.Point);
            sphere.AddScaled(inverse, 1, point, parts.Point);
        }
    }

    private void FindTangents(ManifoldTileRecord parts, float** tangents)
    {
        for (int k = 0; k < Tangents; k++)
        {
            tangents[k] = parts.Tangent(k);
        }
    }

    private void SetTangents(int tile, ManifoldTileRecord parts, float** tangents)
    {
        FindTangents(parts, tangents);
        float* inner = stackalloc float[Tile.Lanes];
        for (int k = 0; k < Tangents; k++)
        {
            new Span<float>(tangents[k], Sweep.InputLength).Clear();
            if (k < Normals)
            {
                _spheres[k].Copy(parts.Point, tangents[k]);
                continue;
            }

            Copy(Directions[k - Normals].At(tile), tangents[k]);
            foreach (SphereTile sphere in _spheres)
            {
                sphere.Dot(parts.Point, tangents[k], inner);
                sphere.AddScaled(inner, -1, parts.Point, tangents[k]);
            }
        }
    }

    private void SetDerivative(ManifoldTileRecord parts, float* product, float* tangent, float* derivative)
    {
        float* inner = stackalloc float[Tile.Lanes];
        Copy(product, derivative);
        for (int i = 0; i < _spheres.Length; i++)
        {
            _spheres[i].Dot(parts.Point, product, inner);
            _spheres[i].AddScaled(inner, -1, parts.Point, derivative);
            _spheres[i].AddScaled(parts.Outward(i), -1, tangent, derivative);
        }
    }

    private void Integrate(int tile, ManifoldTileRecord parts, float* record, float* slope)
    {
        ClearIntegrals(slope);
        if (Normals > 0)
        {
            Sweep.AddTrace(record, Divergence(slope));
        }

        for (int i = 0; i < Normals; i++)
        {
            SphereTile sphere = _spheres[i];
            sphere.AddDot(parts.Point, Sweep.Tangent(record, i), -1, Divergence(slope));
            TileAlgebra.Combine(Divergence(slope), parts.Outward(i), [-sphere.Dimension], Tile.Lanes, Divergence(slope));
        }

        AddSquares(KineticEnergy, slope, slope);
        for (int k = 0; k < Directions.Length; k++)
        {
            AddProduct(tile, k, parts.Derivative(k), slope);
        }
    }

    // From the cotangent of v = u - g x to those of u, g and x.
    private void PullbackSlope(ManifoldTileRecord parts, float* cotangent, ManifoldTileCotangents cotangents, float* value)
    {
        Copy(cotangent, value);
        AddCotangentOfSquares(KineticEnergy, cotangent, parts.Slope, value);
        for (int i = 0; i < _spheres.Length; i++)
        {
            SphereTile sphere = _spheres[i];
            sphere.AddScaled(parts.Outward(i), -1, value, cotangents.Point);
            sphere.AddDot(parts.Point, value, -1, cotangents.Outward(i));
        }
    }

    // From the cotangent of c = a - (x·a) x - g w to those of a, g, w and x.
    private void PullbackDerivative(int tile, int k, ManifoldTileRecord parts, float* record, float* cotangent, ManifoldTileCotangents cotangents, float* product)
    {
        float* inner = stackalloc float[Tile.Lanes];
        float* derivative = cotangents.Derivative;
        float* tangent = cotangents.Tangent(k);
        new Span<float>(tangent, Sweep.InputLength).Clear();
        SetProductCotangent(tile, k, cotangent, parts.Derivative(k), derivative);
        Copy(derivative, product);
        for (int i = 0; i < _spheres.Length; i++)
        {
            SphereTile sphere = _spheres[i];
            float* value = Sweep.Tangent(record, Normals + k);
            float* outward = parts.Outward(i);
            sphere.Dot(parts.Point, value, inner);
            sphere.AddScaled(inner, -1, derivative, cotangents.Point);
            sphere.Dot(parts.Point, derivative, inner);
            sphere.AddScaled(inner, -1, parts.Point, product);
            sphere.AddScaled(inner, -1, value, cotangents.Point);
            sphere.AddScaled(outward, -1, derivative, tangent);
            sphere.AddDot(parts.Tangent(Normals + k), derivative, -1, cotangents.Outward(i));
        }
    }

    // From the cotangent of the divergence's share -x·a - (d - 1) g to those of a, g and x.
    private void PullbackNormal(int i, ManifoldTileRecord parts, float* record, float* cotangent, ManifoldTileCotangents cotangents, float* product)
    {
        SphereTile sphere = _spheres[i];
        float* divergence = Divergence(cotangent);
        float* outward = cotangents.Outward(i);
        new Span<float>(product, Sweep.InputLength).Clear();
        sphere.AddScaled(divergence, -1, parts.Point, product);
        sphere.AddScaled(divergence, -1, Sweep.Tangent(record, i), cotangents.Point);
        TileAlgebra.Combine(outward, divergence, [-sphere.Dimension], Tile.Lanes, outward);
    }

    // From the cotangents of the normals x and of w = e - (x·e) x to that of x.
    private void PullbackTangents(int tile, ManifoldTileRecord parts, ManifoldTileCotangents cotangents)
    {
        float* inner = stackalloc float[Tile.Lanes];
        for (int i = 0; i < Normals; i++)
        {
            SphereTile sphere = _spheres[i];
            float* point = cotangents.Point + sphere.Offset;
            TileAlgebra.Combine(point, cotangents.InputTangent(i) + sphere.Offset, [1f], sphere.Length, point);
        }

        for (int k = 0; k < Directions.Length; k++)
        {
            float* direction = Directions[k].At(tile);
            float* tangent = cotangents.Tangent(k);
            TileAlgebra.Combine(tangent, cotangents.InputTangent(Normals + k), [1f], Length, tangent);
            foreach (SphereTile sphere in _spheres)
            {
                sphere.Dot(parts.Point, direction, inner);
                sphere.AddScaled(inner, -1, tangent, cotangents.Point);
                sphere.Dot(parts.Point, tangent, inner);
                sphere.AddScaled(inner, -1, direction, cotangents.Point);
            }
        }
    }

    // From the cotangent of x = s / |s| to that of s.
    private void PullbackNormalization(ManifoldTileRecord parts, ManifoldTileCotangents cotangents, float* stateCotangent)
    {
        float* inner = stackalloc float[Tile.Lanes];
        Copy(cotangents.Point, stateCotangent);
        for (int i = 0; i < _spheres.Length; i++)
        {
            SphereTile sphere = _spheres[i];
            sphere.Dot(parts.Point, cotangents.Point, inner);
            sphere.AddScaled(inner, -1, parts.Point, cotangents.Point);
            sphere.Clear(stateCotangent);
            sphere.AddScaled(parts.InverseLength(i), 1, cotangents.Point, stateCotangent);
        }
    }

    private void Copy(float* source, float* destination) => new ReadOnlySpan<float>(source, Length).CopyTo(new Span<float>(destination, Length));

    private static int NormalsOf(PerceptronTerm term, ProductManifold manifold) => term.HasClosedTrace ? manifold.SphereWidths.Count : 0;
}
