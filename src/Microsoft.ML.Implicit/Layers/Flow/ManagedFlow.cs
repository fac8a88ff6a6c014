using Microsoft.ML.Implicit.Numerics;
using Microsoft.ML.Implicit.Solvers.Ode.Managed;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Flow;

/// <summary>The augmented right-hand side of built-in dynamics on tiles in managed memory.</summary>
internal abstract unsafe class ManagedFlow : ManagedDynamics
{
    private readonly PerceptronFlowTerm _term;

    /// <param name="term">The term.</param>
    /// <param name="normals">Tangents that are needed before one for each direction.</param>
    protected ManagedFlow(PerceptronFlowTerm term, int normals)
    {
        _term = term;
        Normals = normals;
        Width = (int)term.Dimension;
        Dimension = Width + term.Integrands.Count;
        Directions = [.. CreateDirections(term.Directions)];
        Sweep = new ManagedFlowSweep(term.Dynamics, normals + Directions.Length, term.ConstantTrace, term.Context);
    }

    public override int Dimension { get; }

    public override long WorkPerRow => Sweep.WorkPerRow;

    public override int GradientLength => Sweep.GradientLength;

    /// <summary>Number of coordinates without integrals.</summary>
    protected int Width { get; }

    /// <summary>Floats of these coordinates.</summary>
    protected int Length => Width * Tile.Lanes;

    /// <summary>What is integrated along.</summary>
    protected FlowIntegrands Integrands => _term.Integrands;

    /// <summary>Whether the divergence is estimated from directions.</summary>
    protected bool EstimatesTrace => _term.EstimatesTrace && Integrands.Divergence;

    /// <summary>Tangents of the perceptron's input that come before one for each direction.</summary>
    protected int Normals { get; }

    /// <summary>Directions eₖ of Jacobian products.</summary>
    protected RowTiles[] Directions { get; }

    /// <summary>The perceptron.</summary>
    protected ManagedFlowSweep Sweep { get; }

    /// <summary>Tells whether everything that a term integrates is available here.</summary>
    /// <remarks>With gates the closed form of the trace changes with time.</remarks>
    public static bool Supports(PerceptronFlowTerm term) =>
        !term.Integrands.Divergence || term.EstimatesTrace || term.ConstantTrace is not null;

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

    protected float* Divergence(float* state) => state + Length;

    protected float* Penalty(float* state) => state + Length + ((Integrands.Count - 1) * Tile.Lanes);

    /// <summary>Sets integrals and padding of a state to zero.</summary>
    protected void ClearIntegrals(float* state) => new Span<float>(state + Length, (Tile.Pad(Dimension) * Tile.Lanes) - Length).Clear();

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
