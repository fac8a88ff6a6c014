using Microsoft.ML.Implicit.Layers.Equilibrium.Managed;
using Microsoft.ML.Implicit.Numerics;
using Microsoft.ML.Implicit.Solvers.FixedPoint;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>A frozen <see cref="DeepEquilibriumNetwork"/> in managed memory.</summary>
/// <param name="cell">The cell; owned.</param>
/// <param name="settings">How its equilibrium is found.</param>
/// <param name="head">From the equilibrium to the outputs; owned.</param>
/// <param name="outputWidth">Number of outputs.</param>
internal sealed unsafe class ManagedEquilibriumNetwork(ManagedCell cell, AndersonSettings settings, PanelAffine head, int outputWidth) : ManagedNetwork
{
    public override PanelAffine Head => head;

    public override int OutputWidth => outputWidth;

    public override long Work => cell.Work + head.Work;

    public override ManagedSolver CreateSolver(int capacity) => new Solver(new ManagedEquilibrium(cell, settings, capacity), cell.StateStride);

    /// <inheritdoc/>
    public override void Dispose()
    {
        cell.Dispose();
        head.Dispose();
    }

    private sealed class Solver(ManagedEquilibrium equilibrium, int stride) : ManagedSolver
    {
        public override int Stride => stride;

        public override float* Solve(ManagedNetwork network, CodedRows inputs, Span<float> evaluations) => equilibrium.Solve(((ManagedEquilibriumNetwork)network).Cell, inputs);

        public override void Dispose() => equilibrium.Dispose();
    }

    private ManagedCell Cell => cell;
}
