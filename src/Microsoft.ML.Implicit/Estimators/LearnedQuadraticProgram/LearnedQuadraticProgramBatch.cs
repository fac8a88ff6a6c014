using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Native;
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
    private readonly NumberReader? _readFeatures;
    private readonly double[] _features;
    private readonly ProgramRows _rows;
    private readonly SolutionBuffer _solutions;

    public LearnedQuadraticProgramBatch(LearnedQuadraticProgramScheme scheme, LearnedQuadraticProgramModelParameters model, DataViewRow source, int capacity)
    {
        _model = model;
        _binding = new QuadraticBinding(scheme.Template, source.Schema, model.VariableCount);
        _solver = scheme.Solving.CreateSolver();
        _readFeatures = scheme.FeatureColumnName is null ? null : NumberColumns.CreateReader(source, source.Schema[scheme.FeatureColumnName]);
        _features = new double[capacity * model.FeatureCount];
        _rows = new ProgramRows(_binding, source, capacity);
        _solutions = new SolutionBuffer(scheme.Outputs, _binding, scheme.Solving.UnsolvedRows, scheme.NamesIn(source.Schema), capacity);
    }

    public override void Read(int slot)
    {
        _readFeatures?.Invoke(_features.AsSpan(slot * _model.FeatureCount, _model.FeatureCount));
        _rows.Read(slot);
    }

    public override void Evaluate(int count)
    {
        if (count == 0)
        {
            return;
        }

        using DisposeScope scope = NewDisposeScope();
        Tensor features = NativeTensor.Of(_features.AsSpan(0, count * _model.FeatureCount).ToArray(), [count, _model.FeatureCount]);
        QuadraticSolution solution = _model.Solve(_binding, features, _rows.ToTensor(count), _solver);
        _solutions.Store(solution, _rows.Positions(count));
    }

    public override Delegate CreateGetter(int column, Func<int> slot) => _solutions.CreateGetter(column, slot);
}
