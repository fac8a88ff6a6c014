using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Solvers.Quadratic;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Data of a batch of quadratic programs and their solutions.</summary>
internal sealed class QuadraticProgramBatch : RowBatch
{
    private readonly QuadraticProgramModel _model;
    private readonly QuadraticBinding _binding;
    private readonly InteriorPointSolver _solver;
    private readonly ProgramRows _rows;
    private readonly SolutionBuffer _solutions;

    public QuadraticProgramBatch(QuadraticProgramModel model, DataViewRow source, int capacity)
    {
        _model = model;
        _binding = new QuadraticBinding(model.Template, source.Schema);
        _solver = model.Solving.CreateSolver();
        _rows = new ProgramRows(_binding, source, capacity);
        _solutions = new SolutionBuffer(model.Outputs, _binding, model.Solving.UnsolvedRows, model.Template.NamesIn(source.Schema), capacity);
    }

    public override void Read(int slot) => _rows.Read(slot);

    public override void Evaluate(int count)
    {
        if (count == 0)
        {
            return;
        }

        using DisposeScope scope = NewDisposeScope();
        int[] slots = [.. Enumerable.Range(0, count)];
        Tensor?[] arguments = _binding.Arguments(_binding.CreateConstants(_model.Device), _rows.ToTensor(slots).to(_model.Device));
        _solutions.Store(_solver.Solve(QuadraticProblem.FromArguments(arguments, _binding.QuadraticType)), slots, _rows.Positions(count));
    }

    public override Delegate CreateGetter(int column, Func<int> slot) => _solutions.CreateGetter(column, slot);
}
