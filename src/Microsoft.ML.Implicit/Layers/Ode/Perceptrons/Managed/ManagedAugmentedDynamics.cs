using Microsoft.ML.Implicit.Numerics;
using Microsoft.ML.Implicit.Solvers.Ode.Managed;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Ode.Perceptrons.Managed;

/// <summary>Dynamics made of a perceptron on tiles in managed memory, with what is integrated beside their state.</summary>
internal abstract unsafe class ManagedAugmentedDynamics : ManagedDynamics
{
    private readonly PerceptronTerm _term;
    private readonly int _integralsLength;

    /// <param name="term">The perceptron with its integrands.</param>
    /// <param name="otherTangents">Tangents that are needed before one for each direction.</param>
    protected ManagedAugmentedDynamics(PerceptronTerm term, int otherTangents)
    {
        _term = term;
        Width = (int)term.Dimension;
        Dimension = Width + term.Integrands.Count;
        Length = Width * Tile.Lanes;
        _integralsLength = (Tile.Pad(Dimension) * Tile.Lanes) - Length;
        KineticEnergy = [.. term.Integrands.Columns.Select(column => (float)column.KineticEnergy)];
        JacobianNorm = [.. term.Integrands.Columns.Select(column => (float)column.JacobianNorm)];
        Directions = [.. CreateDirections(term.Directions)];
        Sweep = new ManagedPerceptronSweep(term.Dynamics, otherTangents + Directions.Length, term.ConstantTrace, term.Context);
    }

    public override int Dimension { get; }

    public override long WorkPerRow => Sweep.WorkPerRow;

    public override int GradientLength => Sweep.GradientLength;

    /// <summary>Number of coordinates without integrals.</summary>
    protected int Width { get; }

    /// <summary>Floats of these coordinates.</summary>
    protected int Length { get; }

    /// <summary>Whether the divergence is estimated from directions.</summary>
    protected bool EstimatesTrace => _term.EstimatesTrace && _term.Integrands.HasDivergence;

    /// <summary>Each column's weight of the squared norm of the dynamics.</summary>
    protected float[] KineticEnergy { get; }

    /// <summary>Each column's weight of the squared norms of Jacobian products along directions.</summary>
    protected float[] JacobianNorm { get; }

    /// <summary>Directions eₖ of Jacobian products.</summary>
    protected RowTiles[] Directions { get; }

    /// <summary>The perceptron.</summary>
    protected ManagedPerceptronSweep Sweep { get; }

    /// <summary>Tells whether everything that a term integrates is available here, and serves a state better than tensor operations.</summary>
    /// <remarks>With gates the closed form of the trace changes with time.</remarks>
    public static bool Suits(PerceptronTerm term, Tensor state) =>
        term.HasClosedTrace == (term.ConstantTrace is not null) && !term.Integrands.HasSecondDerivative && Suits(state, term.Parameters);

    public override void ReserveTimes(int count) => Sweep.ReserveTimes(count);

    public override void SetTime(int slot, double time) => Sweep.SetTime(slot, time);

    public override void Evaluate(int slot, int tile, float* point, float* slope, float* scratch) => EvaluateAndRecord(slot, tile, point, slope, scratch);

    public override void AddGradient(float* gradient, Span<float> flat)
    {
        Sweep.AddGradient(gradient, flat);
        using Tensor? contextCotangent = Sweep.ContextCotangent();
        if (contextCotangent is not null)
        {
            _term.AddContextCotangent(contextCotangent, null);
        }
    }

    /// <summary>The column of a state, its derivative or a cotangent that the divergence is part of.</summary>
    protected float* Divergence(float* state) => state + Length + (_term.Integrands.DivergenceColumn * Tile.Lanes);

    /// <summary>Adds weighted squares of vectors to all columns.</summary>
    protected void AddSquares(float[] weights, float* vectors, float* state)
    {
        for (int i = 0; i < weights.Length; i++)
        {
            if (weights[i] > 0)
            {
                TileProducts.AddDot(vectors, vectors, Length, weights[i], state + Length + (i * Tile.Lanes));
            }
        }
    }

    /// <summary>Adds the vectors' cotangents from those of all columns.</summary>
    protected void AddCotangentOfSquares(float[] weights, float* cotangent, float* vectors, float* destination)
    {
        for (int i = 0; i < weights.Length; i++)
        {
            if (weights[i] > 0)
            {
                TileProducts.AddScaled(cotangent + Length + (i * Tile.Lanes), 2 * weights[i], vectors, Length, destination);
            }
        }
    }

    /// <summary>Adds what Jacobian products along directions give to the columns.</summary>
    protected void AddProduct(int tile, int direction, float* product, float* state)
    {
        if (EstimatesTrace)
        {
            TileProducts.AddDot(product, Directions[direction].At(tile), Length, 1, Divergence(state));
        }

        AddSquares(JacobianNorm, product, state);
    }

    /// <summary>The cotangent of a Jacobian product from those of all columns.</summary>
    protected void SetProductCotangent(int tile, int direction, float* cotangent, float* product, float* destination)
    {
        new Span<float>(destination, Length).Clear();
        if (EstimatesTrace)
        {
            TileProducts.AddScaled(Divergence(cotangent), 1, Directions[direction].At(tile), Length, destination);
        }

        AddCotangentOfSquares(JacobianNorm, cotangent, product, destination);
    }

    /// <summary>Sets integrals and padding of a state to zero.</summary>
    protected void ClearIntegrals(float* state) => new Span<float>(state + Length, _integralsLength).Clear();

    protected override void Dispose(bool disposing)
    {
        foreach (RowTiles direction in Directions)
        {
            direction.Dispose();
        }

        Sweep.Dispose();
    }

    private static IEnumerable<RowTiles> CreateDirections(Tensor? directions)
    {
        if (directions is null)
        {
            return [];
        }

        // Directions without memory of their own for each row are the same for all rows.
        return directions.dim() == 2
            ? [new RowTiles(directions)]
            : Enumerable.Range(0, (int)directions.shape[0]).Select(k => new RowTiles(directions.stride()[1] == 0 ? directions[k].narrow(0, 0, 1) : directions[k]));
    }
}
