using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Settings that trainers of this library share, whatever they train on.</summary>
/// <remarks>Trainers whose columns are those of ML.NET's own have the same settings beside ML.NET's.</remarks>
public abstract class ImplicitTrainerOptions : ITrainerOptions
{
    private protected ImplicitTrainerOptions()
    {
    }

    /// <summary>
    /// Column of example weights (Single, not negative; rows of weight 0 are left out), or <see langword="null"/>. A row counts by its weight in the losses of training
    /// and validation.
    /// </summary>
    public string? ExampleWeightColumnName { get; set; }

    /// <summary>Epochs, learning rate, validation, seed, device, progress and cancellation. Where there are several networks, epochs are counted on from one to the next.</summary>
    public TrainingOptions Training { get; set; } = new();

    IEnumerable<(string Setting, string? Column)> IEstimatorOptions.InputColumns => InputColumns;

    IEnumerable<(string Setting, string? Column)> IEstimatorOptions.LabelColumns => LabelColumns;

    IEnumerable<(string Setting, string? Column)> IEstimatorOptions.OutputColumns => OutputColumns;

    private protected virtual IEnumerable<(string Setting, string? Column)> InputColumns => [];

    private protected virtual IEnumerable<(string Setting, string? Column)> LabelColumns => [];

    private protected virtual IEnumerable<(string Setting, string? Column)> OutputColumns => [];

    void IEstimatorOptions.Validate()
    {
        ArgumentNullException.ThrowIfNull(Training);
        Setting.Require(ExampleWeightColumnName is not { Length: 0 }, nameof(ExampleWeightColumnName), "must be the name of a column, or null for none");
        Validate();
        Training.Validate();
    }

    /// <exception cref="ArgumentException">A setting is out of range; the message names it.</exception>
    private protected abstract void Validate();
}
