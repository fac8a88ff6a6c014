using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Modelling.Compilation;
using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Settings of <see cref="LearnedConeProgramEstimator"/>.</summary>
public sealed class LearnedConeProgramOptions : ConeProgramSettings, ITrainerOptions
{
    /// <summary>Names of the parameters that are predicted from the features; the others are read from their columns.</summary>
    public IReadOnlyList<string> LearnedParameters { get; set; } = [];

    /// <summary>
    /// What the model is trained to do. <see cref="DecisionLoss.Regret"/> (the realised objective of what is decided, less the least one) and
    /// <see cref="DecisionLoss.CostError"/> read realised values of the learned parameters from their columns while training; <see cref="DecisionLoss.Imitation"/> reads a decision.
    /// </summary>
    public DecisionLoss Loss { get; set; } = DecisionLoss.Regret;

    /// <summary>Name of the variable whose value is imitated, read from its column while training; for imitation alone.</summary>
    public string? ImitatedVariable { get; set; }

    /// <summary>
    /// Name of the variable that is carried out as planned, while all others follow at the realised parameters at the least cost; or <see langword="null"/> where the whole solution is
    /// carried out. <see cref="DecisionLoss.Regret"/> needs it where a predicted parameter is in a constraint, as tomorrow's weather is in what a room's temperature must satisfy.
    /// </summary>
    public string? DecidedVariable { get; set; }

    /// <summary>Feature column: a vector of Single or Double of known size.</summary>
    public string FeatureColumnName { get; set; } = DefaultColumnNames.Features;

    /// <inheritdoc cref="ImplicitTrainerOptions.ExampleWeightColumnName"/>
    public string? ExampleWeightColumnName { get; set; }

    /// <summary>What the names of the columns for predicted parameters begin with, before the parameter's name; or <see langword="null"/> for no such columns.</summary>
    public string? PredictedColumnPrefix { get; set; } = "Predicted";

    /// <summary>Width of a perceptron's hidden layer, which is added to the linear predictor; 0 for a linear predictor alone.</summary>
    public int HiddenWidth { get; set; }

    /// <inheritdoc cref="ImplicitTrainerOptions.Training"/>
    public TrainingOptions Training { get; set; } = new();

    /// <summary>The variable that is carried out, where realised costs are those of the rest.</summary>
    internal ProgramPart? Decided => Loss == DecisionLoss.Regret ? Program!.Compiled.Variables.FirstOrDefault(part => part.Name == DecidedVariable) : null;

    /// <summary>What training compares with, and the column that it is read from.</summary>
    internal IEnumerable<(ProgramPart Part, string Column)> Labels => Program!.Compiled is var program && Loss == DecisionLoss.Imitation
        ? program.Variables.Where(part => part.Name == ImitatedVariable).Select(part => (part, ColumnOf(part)))
        : program.Parameters.Where(part => LearnedParameters.Contains(part.Name)).Select(part => (part, ColumnOf(part)));

    IEnumerable<(string Setting, string? Column)> IEstimatorOptions.InputColumns =>
    [
        (nameof(FeatureColumnName), FeatureColumnName),
        .. Program!.Compiled.Parameters.Where(part => !LearnedParameters.Contains(part.Name)).Select(part => (SettingOf(part), (string?)ColumnOf(part))),
    ];

    IEnumerable<(string Setting, string? Column)> IEstimatorOptions.LabelColumns => Labels.Select(label => (SettingOf(label.Part), (string?)label.Column));

    private protected override IEnumerable<(string Setting, string? Column)> OutputColumns =>
    [
        .. base.OutputColumns,
        .. PredictedColumnPrefix is null ? [] : LearnedParameters.Select(name => (nameof(PredictedColumnPrefix), (string?)(PredictedColumnPrefix + name))),
    ];

    private protected override void Validate()
    {
        base.Validate();
        Setting.Require(Training is not null, nameof(Training), "must be given");
        Setting.Require(LearnedParameters is { Count: > 0 }, nameof(LearnedParameters), "must name what is predicted");
        CompiledProgram program = Program!.Compiled;
        foreach (string name in LearnedParameters!)
        {
            Setting.Require(program.Parameters.Any(part => part.Name == name), nameof(LearnedParameters), $"names '{name}', which is no parameter of the program");
            Setting.Require(LearnedParameters.Count(other => other == name) == 1, nameof(LearnedParameters), $"names '{name}' more than once");
        }

        Setting.Require(Loss is DecisionLoss.Imitation or DecisionLoss.Regret or DecisionLoss.CostError, nameof(Loss), "must be Imitation, Regret or CostError: other losses are those of quadratic programs");
        Setting.Require(
            Loss != DecisionLoss.Imitation || program.Variables.Any(part => part.Name == ImitatedVariable), nameof(ImitatedVariable), "must name a variable of the program for imitation");
        Setting.Require(
            DecidedVariable is null || program.Variables.Any(part => part.Name == DecidedVariable && part.Size < program.Columns),
            nameof(DecidedVariable),
            "must name a variable of the program, and not its only one");
        if (Loss == DecisionLoss.Regret && DecidedVariable is null)
        {
            ProgramPart? constraining = program.Parameters.FirstOrDefault(part => LearnedParameters.Contains(part.Name) && program.Constrains(part));
            Setting.Require(
                constraining is null, nameof(Loss), $"cannot be Regret without {nameof(DecidedVariable)} where a predicted parameter is in a constraint, which what is decided may then break: '{constraining?.Name}'");
        }

        Setting.Require(!string.IsNullOrEmpty(FeatureColumnName), nameof(FeatureColumnName), "must be given");
        Setting.Require(HiddenWidth is >= 0 and <= 8192, nameof(HiddenWidth), "must lie between 0 and 8192");
        Training!.Validate();
    }
}
