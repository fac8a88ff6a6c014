using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Training;
using Microsoft.ML.Trainers;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Settings that the trainers of models from a feature vector to a label share.</summary>
public abstract class PredictionTrainerOptions : TrainerInputBaseWithWeight, ITrainerOptions
{
    internal const int MaximumEnsembleSize = 64;

    private protected PredictionTrainerOptions()
    {
    }

    /// <summary>Shape of the images in the feature column; needed by convolutional networks.</summary>
    public ImageShape? Image { get; set; }

    /// <summary>
    /// Whether a vector is learned for each level of the categories in the feature column, in the place of the level's indicator (Guo and Berkhahn, "Entity Embeddings of Categorical Variables",
    /// 2016). Which slots are a category the column's annotation says, as ML.NET's <c>OneHotEncoding</c>, <c>OneHotHashEncoding</c> and <c>MapKeyToVector</c> write it and <c>Concatenate</c> hands
    /// it on. A category of n levels has vectors of 1.6 n^0.56 numbers, rounded up, n at most and 50 at most. Rows are held with one number a category, however many levels it has. A level that is missing
    /// or has no slot has a vector of its own: learned where training rows lack the category, and otherwise what all vectors start from, near which those of rare levels stay.
    /// </summary>
    public bool EmbedCategories { get; set; }

    /// <summary>
    /// Fraction of the embedded input and of the read-out state set to zero in training, drawn once for each solve, or
    /// <see langword="null"/>: chosen between 0.1 and 0.7 where <see cref="EnsembleSize"/> says so, and otherwise 0.5 below 500 rows, 0.3
    /// below 5,000 unless for regression, and 0.1.
    /// </summary>
    public double? Dropout { get; set; }

    /// <summary>
    /// Fraction of the encoded features set to zero in training, which reads as the middle of their range (Srivastava et al.,
    /// "Dropout", 2014), or <see langword="null"/>: for classification of d features by a dense network p · d / (d + 8), with p = 0.5
    /// below 5,000 rows and 0.15 from there on, and otherwise none. Where <see cref="EnsembleSize"/> says so, none and twice as much are
    /// chosen from.
    /// </summary>
    public double? InputDropout { get; set; }

    /// <summary>
    /// Networks whose predictions are averaged, trained one after another from seeds of their own, or <see langword="null"/>. Then, from
    /// 50 to 5,000 rows without validation rows, five dense networks with little regularisation and five with much are trained, each
    /// without a fifth of the rows; the five, or all ten, that predict those fifths best are the model, their outputs scaled to be as sure
    /// as they were right there. Fewer rows have 5 networks, and others 1. Time to train and to score grows with their number. Where
    /// cancellation is to return the best model, networks that are not finished are left out, unless it is the first.
    /// </summary>
    public int? EnsembleSize { get; set; }

    /// <summary>
    /// Weight of a loss of ranks beside that of the task, for scores whose order matters: one minus the correlation of their soft ranks with the ranks of the labels in each batch (Blondel,
    /// Teboul, Berthet and Djolonga, 2020). 0 leaves it out; it does not heed example weights, and several classes have no order.
    /// </summary>
    public double RankWeight { get; set; }

    /// <summary>
    /// λ of ½ λ w² in the loss for the weights w of each matrix and kernel of the network, by its name, instead of weight decay, as <c>TuneRegularization</c> finds them; a
    /// matrix that is not named has none. Or <see langword="null"/>. A name that the network has not is refused when it is trained, with those that it has.
    /// </summary>
    public IReadOnlyDictionary<string, double>? Penalties { get; set; }

    /// <summary>
    /// Standard deviation of normal noise that is added to the features in training, drawn anew for every step, in units of each feature's own standard deviation; 0 adds none.
    /// Wide feature vectors that are mostly zeros have none.
    /// </summary>
    public double InputNoise { get; set; }

    /// <summary>Pixels by which images are shifted at random in training, for objects that are not centred.</summary>
    public int MaximumImageShift { get; set; }

    /// <inheritdoc cref="ImplicitTrainerOptions.Training"/>
    public TrainingOptions Training { get; set; } = new();

    /// <summary>Tunes penalties and noise while the network trains; null where nothing is tuned.</summary>
    [field: LeavesModelUnchanged]
    internal NetworkTuner? Tuner { get; private set; }

    /// <summary>Receives what networks say of rows that they have not seen; null where nobody asks.</summary>
    [field: LeavesModelUnchanged]
    internal HeldOutAgreement? HeldOutAgreement { get; private set; }

    /// <summary>Tuned weights of the training rows; null where all count as the example weight column says.</summary>
    internal NetworkExampleWeights? ExampleWeights { get; private set; }

    /// <summary>Whether penalties take the place of weight decay.</summary>
    internal bool HasPenalties => Penalties is not null || Tuner is { TunesPenalties: true };

    /// <summary>Whether feature vectors are images.</summary>
    internal abstract bool ReadsImages { get; }

    /// <summary>Whether wide feature vectors that are mostly zeros can be read by their non-zeros.</summary>
    internal virtual bool ReadsSparse => !ReadsImages && Tuner is null;

    /// <summary>Creates what reads rows as a model of these settings learns from them.</summary>
    internal TrainingSetReader CreateReader() => new(FeatureColumnName, LabelColumnName, ExampleWeightColumnName)
    {
        KeepsSparse = ReadsSparse,
        AllowsMissing = !ReadsImages,
        FoldsCategories = EmbedCategories,
        Places = HeldOutAgreement?.Places,
    };

    void IEstimatorOptions.Validate()
    {
        ArgumentException.ThrowIfNullOrEmpty(LabelColumnName);
        ArgumentException.ThrowIfNullOrEmpty(FeatureColumnName);
        ArgumentNullException.ThrowIfNull(Training);
        ValidateNetwork();
        Setting.Require(!EmbedCategories || !ReadsImages, nameof(EmbedCategories), "must be false for a convolutional network, which reads images");
        Setting.Require(Dropout is null or (>= 0 and < 1), nameof(Dropout), "must lie between 0 and 1");
        Setting.Require(InputDropout is null or (>= 0 and < 1), nameof(InputDropout), "must lie between 0 and 1");
        Setting.Require(EnsembleSize is null or (>= 1 and <= MaximumEnsembleSize), nameof(EnsembleSize), $"must lie between 1 and {MaximumEnsembleSize}");
        Setting.Require(RankWeight >= 0 && double.IsFinite(RankWeight), nameof(RankWeight), "must be finite and not negative");
        Setting.Require(Penalties is null || Penalties.Values.All(penalty => penalty >= 0 && double.IsFinite(penalty)), nameof(Penalties), "must be finite and not negative");
        Setting.Require(InputNoise >= 0 && double.IsFinite(InputNoise), nameof(InputNoise), "must be finite and not negative");
        Setting.Require(MaximumImageShift >= 0, nameof(MaximumImageShift), "must not be negative");
        Setting.Require(!ReadsImages || Image is not null, nameof(Image), "must be given for a convolutional network");
        Setting.Require(!ReadsImages || Image is { HasRoom: true }, nameof(Image), $"must have a channel and two pixels at least, and is {Image?.Channels} x {Image?.Height} x {Image?.Width}");
        Training.Validate();
    }

    /// <summary>The same settings with those that a tuner found.</summary>
    internal PredictionTrainerOptions WithTuned(NetworkTuner tuner)
    {
        var tuned = (PredictionTrainerOptions)MemberwiseClone();
        tuned.Penalties = tuner.TunesPenalties ? tuner.Penalties : Penalties;
        tuned.InputNoise = tuner.InputNoise;
        return tuned;
    }

    /// <summary>The same settings with tuned weights of the training rows.</summary>
    internal PredictionTrainerOptions With(NetworkExampleWeights? weights)
    {
        var weighted = (PredictionTrainerOptions)MemberwiseClone();
        weighted.ExampleWeights = weights;
        return weighted;
    }

    /// <summary>The same settings for one network that is trained while it is tuned.</summary>
    internal PredictionTrainerOptions With(NetworkTuner tuner, TrainingOptions training)
    {
        var tuned = (PredictionTrainerOptions)MemberwiseClone();
        (tuned.Tuner, tuned.EnsembleSize, tuned.Training) = (tuner, 1, training);
        return tuned;
    }

    /// <summary>The same settings for networks that each hold out a fold, and say what they think of its labels.</summary>
    internal PredictionTrainerOptions With(HeldOutAgreement agreement, TrainingOptions training)
    {
        var folded = (PredictionTrainerOptions)MemberwiseClone();
        (folded.HeldOutAgreement, folded.EnsembleSize, folded.Training) = (agreement, null, training);
        folded.Training.ValidationFraction = 0;
        return folded;
    }

    IEnumerable<(string Setting, string? Column)> IEstimatorOptions.InputColumns => [(nameof(FeatureColumnName), FeatureColumnName)];

    IEnumerable<(string Setting, string? Column)> IEstimatorOptions.LabelColumns => [(nameof(LabelColumnName), LabelColumnName)];

    IEnumerable<(string Setting, string? Column)> IEstimatorOptions.OutputColumns => OutputColumns;

    /// <summary>Columns to write beside those of the task, each with the setting that names it.</summary>
    private protected virtual IEnumerable<(string Setting, string? Column)> OutputColumns => [];

    /// <exception cref="ArgumentException">A setting of the network is out of range; the message names it.</exception>
    private protected abstract void ValidateNetwork();
}
