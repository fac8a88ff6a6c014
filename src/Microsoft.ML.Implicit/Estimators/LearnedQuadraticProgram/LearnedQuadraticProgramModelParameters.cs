using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Persistence;
using Microsoft.ML.Implicit.Solvers.Quadratic;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>A trained quadratic program. Safe to use from several threads at once.</summary>
public sealed partial class LearnedQuadraticProgramModelParameters : ImplicitModelParameters
{
    private readonly DecisionArchitecture _architecture;
    private readonly DecisionNetwork _network;
    private Device _device;

    internal LearnedQuadraticProgramModelParameters(DecisionArchitecture architecture, DecisionNetwork network, Device device)
    {
        _architecture = architecture;
        _network = network;
        _device = device;
    }

    internal DecisionArchitecture Architecture => _architecture;

    internal DecisionNetwork Network => _network;

    private protected override IEnumerable<nn.Module> Modules => [_network];

    private protected override FormattableString Description =>
        $"Learned program: {VariableCount} variables from {FeatureCount} features, hidden width {_architecture.HiddenWidth}, {_architecture.Inequalities + _architecture.Equalities} learned constraints.";

    /// <summary>Length of the feature vector; 0 where nothing is predicted.</summary>
    public int FeatureCount => _architecture.Features;

    /// <summary>Number of decision variables.</summary>
    public int VariableCount => _architecture.Variables;

    /// <inheritdoc/>
    public override long ParameterCount => _network.parameters().Sum(parameter => parameter.numel());

    /// <inheritdoc/>
    public override void Dispose() => _network.Dispose();

    /// <summary>Predicts the data of a batch of programs and solves them; the tensors belong to the current dispose scope.</summary>
    /// <param name="binding">Places of the given arguments.</param>
    /// <param name="features">float64 [rows, <see cref="FeatureCount"/>].</param>
    /// <param name="columns">float64 [rows, width of the binding].</param>
    /// <param name="solver">The solver.</param>
    internal QuadraticSolution Solve(QuadraticBinding binding, Tensor features, Tensor columns, InteriorPointSolver solver)
    {
        using IDisposable noGradient = no_grad();
        Tensor?[] given = binding.Arguments(binding.CreateConstants(_device), columns.to(_device));
        return solver.Solve(QuadraticProblem.FromArguments(_network.Complete(given, features.to(_device)), binding.QuadraticType));
    }

    internal override void MoveTo(Device device)
    {
        _network.to(device);
        _network.FreezeState();
        _device = device;
    }

    /// <summary>Whether the network gives what the scheme leaves open, and reads what the scheme has.</summary>
    internal bool Completes(LearnedQuadraticProgramScheme scheme)
    {
        IReadOnlyList<QuadraticCoefficients?> given = scheme.Template.Arguments;
        bool learnsConstraints = _architecture.Inequalities + _architecture.Equalities > 0;
        return _architecture.PredictsCost == given[1] is null
            && _architecture.Features > 0 == scheme.FeatureColumnName is not null
            && (_architecture.RightHandSides == 0 || given[3] is not null)
            && (!learnsConstraints || (given[2] is null && given[4] is null))
            && (scheme.VariableNames is null || scheme.VariableNames.Count == VariableCount);
    }

    internal void Write(DocumentWriter writer)
    {
        _architecture.Write(writer.Section("architecture"));
        writer.Write("network", _network);
    }

    internal static LearnedQuadraticProgramModelParameters Read(DocumentReader reader)
    {
        DecisionArchitecture architecture = DecisionArchitecture.Read(reader.Section("architecture"));
        using var generator = new Generator(0, CPU);
        var network = new DecisionNetwork(architecture, generator);
        try
        {
            reader.Read("network", network);
            network.FreezeState();
            return new LearnedQuadraticProgramModelParameters(architecture, network, CPU);
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }
}
