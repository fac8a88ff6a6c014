using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Persistence;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>What a model file must say about an ensemble's networks before their parameters can be read.</summary>
internal abstract record PredictionArchitecture(PredictionSizes Sizes)
{
    /// <inheritdoc cref="PredictionSizes.Image"/>
    public ImageShape Image => Sizes.Image;

    /// <inheritdoc cref="PredictionSizes.FeatureCount"/>
    public int FeatureCount => Sizes.FeatureCount;

    /// <inheritdoc cref="PredictionSizes.HiddenWidth"/>
    public int HiddenWidth => Sizes.HiddenWidth;

    /// <inheritdoc cref="PredictionSizes.OutputWidth"/>
    public int OutputWidth => Sizes.OutputWidth;

    /// <inheritdoc cref="PredictionSizes.EnsembleSize"/>
    public int EnsembleSize => Sizes.EnsembleSize;

    /// <inheritdoc cref="PredictionSizes.Dropout"/>
    public double Dropout => Sizes.Dropout;

    /// <inheritdoc cref="PredictionSizes.SlotCount"/>
    public int SlotCount => Sizes.SlotCount;

    /// <summary>Levels of each category that is embedded.</summary>
    public IReadOnlyList<int> Levels => Sizes.Categories?.Levels ?? [];

    /// <summary>Whether feature vectors are images.</summary>
    public abstract bool ReadsImages { get; }

    /// <summary>Whether several networks can be trained as one stack.</summary>
    public virtual bool CanStack => false;

    /// <summary>Whether networks put their inputs through an affine map first.</summary>
    public virtual bool MapsInputs => false;

    /// <summary>Creates an ensemble whose scales, bins and parameters are yet to be read.</summary>
    public PredictionEnsemble CreateEnsemble()
    {
        FeatureEncoder encoder = CreateEncoder();
        using var generator = new Generator(0, CPU);
        return new PredictionEnsemble(encoder, [.. Enumerable.Range(0, EnsembleSize).Select(_ => CreateNetwork(encoder.Width, generator, null))]);
    }

    /// <summary>Creates an encoder whose scales and bins are yet to be read.</summary>
    public FeatureEncoder CreateEncoder() => ReadsImages ? new ImageEncoder(FeatureCount)
        : SlotCount > 0 ? new SparseEncoder(SlotCount)
        : new BinEncoder(FeatureCount, Sizes.BinCount, Sizes.MissingCount, Levels);

    /// <summary>Creates a network with random weights.</summary>
    /// <param name="encodedWidth">Length of an encoded row.</param>
    /// <param name="generator">Source of the weights and of dropout, on the CPU; kept.</param>
    /// <param name="stackedDropout">Dropout of each network of a stack; null for one network.</param>
    public abstract PredictionNetwork CreateNetwork(int encodedWidth, Generator generator, double[]? stackedDropout);

    /// <summary>The architecture of networks whose inputs come from an encoder.</summary>
    /// <param name="encoder">The encoder.</param>
    /// <param name="categories">The slots that categories are folded from; <see langword="null"/> where there are none.</param>
    public PredictionArchitecture With(FeatureEncoder encoder, CategoricalSlots? categories) => encoder switch
    {
        BinEncoder bins => this with { Sizes = Sizes with { BinCount = bins.BinCount, MissingCount = bins.MissingCount, Categories = categories } },
        SparseEncoder sparse => this with { Sizes = Sizes with { SlotCount = sparse.Width } },
        _ => this,
    };

    /// <summary>An architecture of another's sizes, whose networks are solved as this one says.</summary>
    public abstract PredictionArchitecture With(PredictionArchitecture sizes);

    public void Write(DocumentWriter writer)
    {
        Sizes.Write(writer);
        WriteNetwork(writer);
    }

    /// <summary>Writes what the kind of network adds.</summary>
    protected abstract void WriteNetwork(DocumentWriter writer);

    /// <exception cref="FormatException">The sizes are impossible, or make more weights than the file has room for.</exception>
    protected static TArchitecture Checked<TArchitecture>(TArchitecture architecture, DocumentReader reader)
        where TArchitecture : PredictionArchitecture =>
        architecture.IsPlausible(reader.TensorBytes) ? architecture : throw new FormatException("The model file describes an impossible network.");

    /// <exception cref="ArgumentException">The images are of another size than the feature vector.</exception>
    protected void CheckImages(PredictionTrainerOptions options)
    {
        if (ReadsImages && Image.Length != FeatureCount)
        {
            throw new ArgumentException(
                $"Image is {Image.Channels} x {Image.Height} x {Image.Width}, which is {Image.Length} values, but column '{options.FeatureColumnName}' holds {FeatureCount}.", nameof(options));
        }
    }

    /// <summary>Whether what the kind of network adds is possible.</summary>
    protected abstract bool IsPlausibleNetwork { get; }

    /// <summary>A lower bound on the weights of one network of possible sizes.</summary>
    protected abstract Int128 LeastWeights { get; }

    // Every weight stands in the file as a number of four bytes, so sizes that make more weights than it has room for are refused
    // before anything is allocated for them. A lower bound on the weights is enough.
    private bool IsPlausible(long tensorBytes) =>
        Sizes.ArePlausible(tensorBytes) && (!ReadsImages || Sizes.HoldImages) && IsPlausibleNetwork && LeastWeights <= tensorBytes / sizeof(float) / EnsembleSize;
}
