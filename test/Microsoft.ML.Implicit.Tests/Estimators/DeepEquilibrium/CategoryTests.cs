using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Tests.Onnx;

namespace Microsoft.ML.Implicit.Tests.Estimators.DeepEquilibrium;

/// <summary>Categories among the features, for whose levels vectors are learned.</summary>
[TestClass]
public sealed class CategoryTests
{
    private const string Ranges = "CategoricalSlotRanges";

    [TestMethod]
    public void Effects_of_many_levels_are_learned_from_few_rows_each()
    {
        var ml = new MLContext(seed: 1);
        Row[] rows = CreateRows(1600, 300, seed: 1);
        (IDataView train, IDataView test) = Encode(ml, rows[..1200], rows[1200..]);
        (double embedded, double indicated) = (Error(train, test, embed: true), Error(train, test, embed: false));
        Assert.IsLessThan(0.65, embedded, "effects have a deviation of 1, and four rows a level say them with an error of 0.1");
        Assert.IsLessThan(1.1 * indicated, embedded);

        double Error(IDataView train, IDataView test, bool embed)
        {
            DeepEquilibriumOptions options = Options(epochs: 12);
            options.EmbedCategories = embed;
            using DeepEquilibriumTransformer model = ml.Regression.Trainers.DeepEquilibrium(options).Fit(train);
            return ml.Regression.Evaluate(model.Transform(test)).RootMeanSquaredError;
        }
    }

    [TestMethod]
    public void Encodings_of_texts_of_hashes_and_of_keys_name_their_slots()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable(CreateRows(20, 5, seed: 1));
        IDataView encoded = ml.Transforms.Categorical.OneHotEncoding("Text", nameof(Row.Kind))
            .Append(ml.Transforms.Categorical.OneHotHashEncoding("Hash", nameof(Row.City), numberOfBits: 4))
            .Append(ml.Transforms.Conversion.MapValueToKey("Key", nameof(Row.Kind)))
            .Append(ml.Transforms.Conversion.MapKeyToVector("Key"))
            .Append(ml.Transforms.Concatenate("Features", "Text", nameof(Row.Distance), "Hash", "Key"))
            .Fit(data).Transform(data);
        CategoricalSlots slots = CategoricalSlots.Of(encoded.Schema["Features"], encoded.Schema);
        CollectionAssert.AreEqual(new[] { 0, 4, 20 }, slots.Starts.ToArray());
        CollectionAssert.AreEqual(new[] { 3, 16, 3 }, slots.Levels.ToArray());
    }

    [TestMethod]
    [DataRow(null)]
    [DataRow(1)]
    public void Saved_models_ONNX_files_and_company_change_nothing(int? ensembleSize)
    {
        var ml = new MLContext(seed: 1);
        (IDataView data, IDataView questions) = Encode(ml, CreateRows(120, 8, seed: 1), [.. CreateRows(60, 8, seed: 2), new Row { City = "elsewhere", Distance = 0.5f }, new Row { City = "" }]);
        DeepEquilibriumOptions options = Options(epochs: 3);
        options.EnsembleSize = ensembleSize;
        using DeepEquilibriumTransformer model = ml.Regression.Trainers.DeepEquilibrium(options).Fit(data);
        float[] scores = Scored.Values(model.Transform(questions));
        Assert.IsTrue(scores.All(float.IsFinite));
        Assert.IsTrue(model.Model.IsManaged);
        Assert.AreEqual(scores[7], Scored.Values(model.Transform(ml.Data.TakeRows(ml.Data.SkipRows(questions, 7), 1)))[0], 1e-5);

        using var file = new MemoryStream();
        ml.Model.Save(model, data.Schema, file);
        file.Position = 0;
        using var loaded = (DeepEquilibriumTransformer)new MLContext().Model.Load(file, out _);
        CollectionAssert.AreEqual(scores, Scored.Values(loaded.Transform(questions)));

        using OnnxFile onnx = OnnxFile.Of(ml, model, data);
        OnnxAssert.AreClose(scores, onnx.Score(questions, "Score", batchSize: 37));
        AssertEqual(scores, WithTensors(model, questions));
    }

    [TestMethod]
    public void A_pipeline_from_text_is_written_to_ONNX()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable(CreateRows(60, 5, seed: 1));
        IDataView questions = ml.Data.LoadFromEnumerable([.. CreateRows(20, 5, seed: 2), new Row { City = "elsewhere" }]);
        ITransformer model = ml.Transforms.Categorical.OneHotEncoding(nameof(Row.City))
            .Append(ml.Transforms.Concatenate("Features", nameof(Row.City), nameof(Row.Distance)))
            .Append(ml.Regression.Trainers.DeepEquilibrium(Options(epochs: 1)))
            .Fit(data);
        using OnnxFile onnx = OnnxFile.Of(ml, model, data, "Score");
        OnnxAssert.AreClose(Scored.Values(model.Transform(questions)), onnx.Score(questions, "Score", batchSize: 7));
    }

    [TestMethod]
    public void Tables_of_categories_alone_are_learned()
    {
        var ml = new MLContext(seed: 1);
        (IDataView data, IDataView questions) = Encode(ml, CreateRows(400, 8, seed: 1), CreateRows(200, 8, seed: 2), nameof(Row.City), nameof(Row.Kind));
        DeepEquilibriumOptions options = Options(epochs: 30);
        options.Tolerance = 1e-6;
        using DeepEquilibriumTransformer model = ml.Regression.Trainers.DeepEquilibrium(options).Fit(data);
        Assert.AreEqual(8 + 3, model.Model.FeatureCount);
        Assert.IsGreaterThan(0.5, ml.Regression.Evaluate(model.Transform(questions)).RSquared);
        using OnnxFile onnx = OnnxFile.Of(ml, model, data);
        OnnxAssert.AreClose(Scored.Values(model.Transform(questions)), onnx.Score(questions, "Score", batchSize: 50));
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void The_order_of_levels_and_of_columns_does_not_matter(bool isOde)
    {
        var ml = new MLContext(seed: 1);
        Row[] rows = CreateRows(150, 8, seed: 1);
        float[] scores = Scores(nameof(Row.Distance), nameof(Row.City)), inOtherOrder = Scores(nameof(Row.City), nameof(Row.Distance));
        AssertEqual(scores, inOtherOrder);
        Array.ForEach(rows, row => row.City = new string([.. row.City.Reverse()]));
        AssertEqual(scores, Scores(nameof(Row.Distance), nameof(Row.City)));

        float[] Scores(params string[] features)
        {
            (IDataView data, _) = Encode(ml, rows, rows, features);
            using var model = (IDisposable)(isOde ? (IEstimator<ITransformer>)ml.Regression.Trainers.NeuralOde(OdeOptions()) : ml.Regression.Trainers.DeepEquilibrium(Options(epochs: 3))).Fit(data);
            return Scored.Values(((ITransformer)model).Transform(data));
        }
    }

    [TestMethod]
    public void A_level_that_is_missing_is_learned_and_one_that_is_new_counts_as_none()
    {
        var ml = new MLContext(seed: 1);
        Row[] rows = CreateRows(400, 4, seed: 1);
        foreach (Row row in rows.Where((_, i) => i % 4 == 0))
        {
            (row.City, row.Label) = ("", 5);
        }

        Row[] questions = [new() { City = "" }, new() { City = "elsewhere" }, new() { City = rows[1].City }];
        (IDataView data, IDataView asked) = Encode(ml, rows, questions);
        using DeepEquilibriumTransformer model = ml.Regression.Trainers.DeepEquilibrium(Options(epochs: 30)).Fit(data);
        float[] scores = Scored.Values(model.Transform(asked));
        Assert.AreEqual(5, scores[0], 0.5);
        Assert.AreEqual(scores[0], scores[1]);
        Assert.IsLessThan(4, scores[2]);
    }

    [TestMethod]
    public void A_level_that_is_new_where_none_was_missing_is_about_the_average()
    {
        var ml = new MLContext(seed: 1);
        Row[] rows = CreateRows(600, 30, seed: 1);
        (IDataView data, IDataView asked) = Encode(ml, rows, [.. rows.Select(row => new Row { City = "elsewhere", Distance = row.Distance })]);
        using DeepEquilibriumTransformer model = ml.Regression.Trainers.DeepEquilibrium(Options(epochs: 20)).Fit(data);
        float[] scores = Scored.Values(model.Transform(data)), ofNew = Scored.Values(model.Transform(asked));
        Assert.AreEqual(scores.Average(), ofNew.Average(), 0.4, "effects have a deviation of 1");
    }

    [TestMethod]
    public void Many_levels_take_one_number_a_row()
    {
        const int levels = 20_000, rows = 6_000;
        var ml = new MLContext(seed: 1);
        var random = new Random(1);
        EncodedRow[] drawn =
        [
            .. Enumerable.Range(0, rows).Select(_ => new EncodedRow { Features = new VBuffer<float>(levels + 1, 2, [random.NextSingle(), 1], [0, 1 + random.Next(levels)]), IsHigh = random.Next(2) == 0 }),
        ];
        IDataView data = Load(ml, levels + 1, [1, levels], drawn);
        DeepEquilibriumOptions options = Options(epochs: 1);
        (options.LabelColumnName, options.Training.BatchSize) = (nameof(EncodedRow.IsHigh), 512);
        using DeepEquilibriumTransformer model = ml.BinaryClassification.Trainers.DeepEquilibrium(options).Fit(data);
        Assert.IsTrue(Scored.Values(model.Transform(data)).All(float.IsFinite));
        Assert.IsLessThan(levels * 60, model.Model.ParameterCount);
    }

    [TestMethod]
    public void Words_beside_categories_are_warned_about()
    {
        const int words = 400;
        var ml = new MLContext(seed: 1);
        var messages = new List<string>();
        ml.Log += (_, message) => messages.Add(message.Message);
        EncodedRow[] rows = [.. Enumerable.Range(0, 40).Select(i => new EncodedRow { Features = new VBuffer<float>(words + 3, 2, [1, 1], [i, words + (i % 3)]), Label = i % 3 })];
        using DeepEquilibriumTransformer model = ml.Regression.Trainers.DeepEquilibrium(Options(epochs: 1)).Fit(Load(ml, words + 3, [words, words + 2], rows));
        Assert.IsTrue(messages.Exists(message => message.Contains("400 numbers a row", StringComparison.Ordinal)));
        StringAssert.Contains($"{model.Model}", "403 features with 1 embedded category", StringComparison.Ordinal);
    }

    [TestMethod]
    public void Rows_with_two_levels_or_a_part_of_one_have_no_score_and_are_not_learned_from()
    {
        var ml = new MLContext(seed: 1);
        (IDataView data, _) = Encode(ml, CreateRows(60, 3, seed: 1), []);
        DeepEquilibriumRegressionTrainer trainer = ml.Regression.Trainers.DeepEquilibrium(Options(epochs: 1));
        using DeepEquilibriumTransformer model = trainer.Fit(data);
        IDataView asked = Load(ml, 4, [1, 3], Encoded(0.5f, 0, 1, 0), Encoded(0.5f, 0, 1, 1), Encoded(0.5f, 0, 0.5f, 0), Encoded(0.5f, 0, float.NaN, 0), Encoded(0.5f, 0, 0, 0));
        CollectionAssert.AreEqual(new[] { true, false, false, false, true }, Scored.Values(model.Transform(asked)).Select(float.IsFinite).ToArray());
        using OnnxFile onnx = OnnxFile.Of(ml, model, data);
        CollectionAssert.AreEqual(new[] { true, false, false, false, true }, onnx.Score(asked, "Score", batchSize: 5).Select(score => float.IsFinite(score[0])).ToArray());
        InvalidOperationException exception = Assert.ThrowsExactly<InvalidOperationException>(() => trainer.Fit(asked));
        StringAssert.Contains(exception.Message, "row 1: slot 3", StringComparison.Ordinal);
    }

    [TestMethod]
    public void Features_without_categories_are_refused_with_what_to_do()
    {
        var ml = new MLContext(seed: 1);
        IDataView plain = Load(ml, 4, [], Encoded(1, 0, 1, 0));
        ArgumentException exception = Assert.ThrowsExactly<ArgumentException>(() => ml.Regression.Trainers.DeepEquilibrium(Options(epochs: 1)).Fit(plain));
        StringAssert.Contains(exception.Message, "OneHotEncoding", StringComparison.Ordinal);
        Assert.ThrowsExactly<ArgumentException>(() => ml.Regression.Trainers.DeepEquilibrium(new DeepEquilibriumOptions { EmbedCategories = true, Cell = EquilibriumCellKind.MultiscaleConvolutional, Image = new ImageShape(1, 2, 2) }));
        Assert.ThrowsExactly<ArgumentException>(() => ml.Regression.Trainers.NeuralOde(new NeuralOdeOptions { EmbedCategories = true, StateWidth = 0 }));
    }

    [TestMethod]
    public void Training_goes_on_with_the_same_categories_alone()
    {
        var ml = new MLContext(seed: 1);
        (IDataView data, IDataView validation) = Encode(ml, CreateRows(60, 3, seed: 1), CreateRows(60, 3, seed: 2));
        DeepEquilibriumOptions options = Options(epochs: 1);
        options.JacobianPenalty = 0.1;
        DeepEquilibriumRegressionTrainer trainer = ml.Regression.Trainers.DeepEquilibrium(options);
        using DeepEquilibriumTransformer model = trainer.Fit(data, validation);
        using DeepEquilibriumTransformer further = trainer.Fit(data, model.Model);
        Assert.IsTrue(Scored.Values(further.Transform(data)).All(float.IsFinite));

        (IDataView turned, _) = Encode(ml, CreateRows(60, 3, seed: 1), [], nameof(Row.City), nameof(Row.Distance));
        Assert.ThrowsExactly<ArgumentException>(() => trainer.Fit(turned, model.Model));
        Assert.ThrowsExactly<InvalidOperationException>(() => trainer.Fit(data, turned));
        DeepEquilibriumOptions indicated = Options(epochs: 1);
        indicated.EmbedCategories = false;
        Assert.ThrowsExactly<ArgumentException>(() => ml.Regression.Trainers.DeepEquilibrium(indicated).Fit(data, model.Model));
    }

    [TestMethod]
    public void One_versus_all_and_tuning_take_them_too()
    {
        var ml = new MLContext(seed: 1);
        (IDataView data, IDataView validation) = Encode(ml, CreateRows(90, 3, seed: 1), CreateRows(60, 3, seed: 2));
        IDataView classes = ml.Transforms.Conversion.MapValueToKey("Label", nameof(EncodedRow.IsHigh)).Fit(data).Transform(data);
        ITransformer model = ml.MulticlassClassification.Trainers.OneVersusAll(ml.BinaryClassification.Trainers.DeepEquilibrium(Options(epochs: 1))).Fit(classes);
        Assert.IsTrue(Scored.Vectors(model.Transform(classes)).All(scores => scores.All(float.IsFinite)));

        DeepEquilibriumOptions options = Options(epochs: 4);
        options.Dropout = 0;
        var tuning = new RegularizationTuningOptions { Penalties = PenaltySharing.EachFeature, TuneInputNoise = true, MaximumEvaluations = 2 };
        RegularizationTuning<DeepEquilibriumTransformer> tuned = ml.Implicit().TuneRegularization(ml.Regression.Trainers.DeepEquilibrium(options), data, validation, tuning);
        Assert.IsTrue(Scored.Values(tuned.Model.Transform(data)).All(float.IsFinite));
    }

    private static float[] WithTensors(DeepEquilibriumTransformer model, IDataView data)
    {
        VBuffer<float>[] rows = [.. data.GetColumn<VBuffer<float>>("Features").Select(features =>
        {
            VBuffer<float> row = default;
            Assert.IsTrue(model.Model.TryRead(in features, ref row));
            return row;
        })];
        float[] outputs = new float[rows.Length * model.Model.EnsembleSize];
        model.Model.EvaluateTensors(rows, outputs);
        float[] score = new float[1];
        return [.. outputs.Chunk(model.Model.EnsembleSize).Select(row =>
        {
            model.Model.Task.Score(row, score);
            return score[0];
        })];
    }

    private static void AssertEqual(float[] expected, float[] actual)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.AreEqual(expected[i], actual[i], 1e-3);
        }
    }

    private static DeepEquilibriumOptions Options(int epochs)
    {
        DeepEquilibriumOptions options = QuickOptions.Create(epochs);
        (options.EmbedCategories, options.Training.BatchSize, options.Training.LearningRate) = (true, 100, 0.01);
        return options;
    }

    private static NeuralOdeOptions OdeOptions() => new() { EmbedCategories = true, HiddenWidth = 8, EnsembleSize = 1, Training = { MaximumEpochs = 3, BatchSize = 32, Seed = 1 } };

    // The label depends on each city by an effect and by a slope.
    private static Row[] CreateRows(int count, int cities, int seed)
    {
        var effects = new Random(7);
        (double Effect, double Slope)[] effectsOfCities = [.. Enumerable.Range(0, cities).Select(_ => (Normal(effects), Normal(effects)))];
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ =>
        {
            int city = random.Next(cities);
            double distance = (2 * random.NextDouble()) - 1;
            int kind = random.Next(3);
            double label = effectsOfCities[city].Effect + (0.5 * effectsOfCities[city].Slope * distance) + (kind == 1 ? 0.5 : 0) + (0.2 * Normal(random));
            return new Row { City = $"city{city:000}", Kind = $"kind{kind}", Distance = (float)distance, Label = (float)label };
        })];
    }

    private static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    // Cities that are not named are unknown.
    private static (IDataView Train, IDataView Test) Encode(MLContext ml, Row[] train, Row[] test, params string[] features)
    {
        var encodings = new[] { new InputOutputColumnPair(nameof(Row.City)), new InputOutputColumnPair(nameof(Row.Kind)) };
        ITransformer pipeline = ml.Transforms.Categorical.OneHotEncoding(encodings)
            .Append(ml.Transforms.Concatenate("Features", features.Length > 0 ? features : [nameof(Row.Distance), nameof(Row.City)]))
            .Fit(ml.Data.LoadFromEnumerable(train.Where(row => row.City.Length > 0).ToArray()));
        return (Rows(train), Rows(test));

        IDataView Rows(Row[] rows) => Materialize(ml, pipeline.Transform(ml.Data.LoadFromEnumerable(rows)));
    }

    // ML.NET writes all transforms behind a view to ONNX.
    private static IDataView Materialize(MLContext ml, IDataView encoded)
    {
        DataViewSchema.Column features = encoded.Schema["Features"];
        VBuffer<int> ranges = default;
        features.Annotations.GetValue(Ranges, ref ranges);
        int length = ((VectorDataViewType)features.Type).Size;
        IEnumerable<EncodedRow> rows = encoded.GetColumn<VBuffer<float>>("Features").Zip(encoded.GetColumn<float>("Label"), (values, label) => new EncodedRow { Features = new VBuffer<float>(length, [.. values.DenseValues()]), Label = label, IsHigh = label > 0 });
        return Load(ml, length, [.. ranges.DenseValues()], [.. rows]);
    }

    private static IDataView Load(MLContext ml, int length, int[] ranges, params EncodedRow[] rows)
    {
        SchemaDefinition schema = SchemaDefinition.Create(typeof(EncodedRow));
        schema[nameof(EncodedRow.Features)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, length);
        if (ranges.Length > 0)
        {
            schema[nameof(EncodedRow.Features)].AddAnnotation(Ranges, new VBuffer<int>(ranges.Length, ranges), new VectorDataViewType(NumberDataViewType.Int32, ranges.Length / 2, 2));
        }

        return ml.Data.LoadFromEnumerable(rows, schema);
    }

    private static EncodedRow Encoded(params float[] features) => new() { Features = new VBuffer<float>(features.Length, features) };

    private sealed class Row
    {
        public string City { get; set; } = "";

        public string Kind { get; set; } = "kind0";

        public float Distance { get; set; }

        public float Label { get; set; }
    }

    private sealed class EncodedRow
    {
        public VBuffer<float> Features { get; set; }

        public float Label { get; set; }

        public bool IsHigh { get; set; }
    }
}
