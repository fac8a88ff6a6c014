using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Solvers.Quadratic;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Features of a batch of rows and the decisions made with them.</summary>
internal sealed class LearnedQuadraticProgramBatch : RowBatch
{
    private readonly LearnedQuadraticProgramModelParameters _model;
    private readonly QuadraticBinding _binding;
    private readonly InteriorPointSolver _solver;
    private readonly UnsolvedRowHandling _unsolvedRows;
    private readonly FeatureRows _features;
    private readonly ProgramRows _rows;
    private readonly SolutionBuffer _solutions;

    public LearnedQuadraticProgramBatch(LearnedQuadraticProgramScheme scheme, LearnedQuadraticProgramModelParameters model, DataViewRow source, int capacity)
    {
        _model = model;
        _binding = new QuadraticBinding(scheme.Template, source.Schema, model.VariableCount);
        _solver = scheme.Solving.CreateSolver();
        _unsolvedRows = scheme.Solving.UnsolvedRows;
        _features = new FeatureRows(source, scheme.FeatureColumnName, model.FeatureCount, capacity);
        _rows = new ProgramRows(_binding, source, capacity);
        _solutions = new SolutionBuffer(scheme.Outputs, _binding, scheme.Solving.UnsolvedRows, scheme.NamesIn(source.Schema), capacity);
    }

    public override void Read(int slot)
    {
        _features.Read(slot, _unsolvedRows);
        _rows.Read(slot);
    }

    public override void Evaluate(int count)
    {
        _solutions.Clear();
        int[] slots = _features.Complete(count);
        if (slots.Length == 0)
        {
            return;
        }

        using DisposeScope scope = NewDisposeScope();
        QuadraticSolution solution = _model.Solve(_binding, _features.ToTensor(slots), _rows.ToTensor(slots), _solver);
        _solutions.Store(solution, slots, _rows.Positions(count));
    }

    public override Delegate CreateGetter(int column, Func<int> slot) => _solutions.CreateGetter(column, slot);
}
