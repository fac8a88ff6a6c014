using Microsoft.ML.Implicit.Solvers.Conic.Blocks;
using Microsoft.ML.Implicit.Solvers.Conic.Systems;

namespace Microsoft.ML.Implicit.Solvers.Conic.Interior;

/// <summary>What one thread needs for a row: its cones, its data in scaled units and the system that both make.</summary>
internal sealed class ConeWorkspace
{
    private readonly ConeData _data;

    public ConeWorkspace(ConeData data)
    {
        _data = data;
        Blocks = ConeBlocks.Create(data.Problem.Cones);
        SparseStructure? structure = data.Layout;
        Program = new ScaledProgram(data.Problem, Blocks, structure);
        System = new KktSystem(
            Program, Blocks, structure is null ? new DenseNormalFactorization(Program, Blocks) : new SparseNormalFactorization(Program, Blocks, structure));
    }

    public ConeBlock[] Blocks { get; }

    public ScaledProgram Program { get; }

    public KktSystem System { get; }

    /// <summary>Takes a row.</summary>
    /// <returns>What is wrong with it, or <see cref="SolveStatus.Converged"/>.</returns>
    public SolveStatus Load(int row)
    {
        Program.LoadMatrices(_data, row);
        return !Program.IsFinite || !Program.LoadVectors(_data, row) ? SolveStatus.InvalidInput
            : !Program.IsConvex ? SolveStatus.NonConvex
            : SolveStatus.Converged;
    }
}
