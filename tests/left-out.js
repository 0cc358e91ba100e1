// Stands for a part of a package that no test comes to (jest.config.js).
module.exports = {};
